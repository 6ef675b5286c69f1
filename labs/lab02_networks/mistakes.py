"""Mistakes that students make in lab 2, and what to tell them."""

from __future__ import annotations

import numpy as np
import torch
import torch.nn as nn

from course_dl.lab import mistake

# 2.1


@mistake("2.1", "The bias is missing: it is added to the weighted sum, before the activation.")
def neuron__no_bias(x, w, b, g):
    return g(w @ x)


@mistake("2.1", "The activation is missing: put g around the weighted sum and the bias.")
def neuron__no_activation(x, w, b, g):
    return w @ x + b


@mistake("2.1", "You added the bias after the activation; it belongs inside, g(<w, x> + b).")
def neuron__bias_outside(x, w, b, g):
    return g(w @ x) + b


@mistake(
    "2.1",
    "You subtracted b, as if it were the threshold of McCulloch and Pitts; the bias is added.",
)
def neuron__threshold(x, w, b, g):
    return g(w @ x - b)


@mistake("2.1", "You did not add the products w_k x_k up: w * x is a vector, w @ x is their sum.")
def neuron__not_summed(x, w, b, g):
    return g(w * x + b)


@mistake(
    "2.1",
    "You added the bias to every product, so that it counts D times; it is added once.",
)
def neuron__bias_to_each(x, w, b, g):
    return g((w * x + b).sum())


@mistake("2.1", "You put g on the inputs; it comes last, on <w, x> + b.")
def neuron__activation_first(x, w, b, g):
    return w @ g(x) + b


@mistake("2.1", "You activated every product before adding them up; first the sum, then g.")
def neuron__activates_each(x, w, b, g):
    return g(w * x + b).sum()


@mistake("2.1", "You took the mean of the products w_k x_k; a neuron takes their sum.")
def neuron__mean(x, w, b, g):
    return g((w * x).mean() + b)


@mistake("2.1", "You always use the sigmoid; use the activation g that you are given.")
def neuron__own_activation(x, w, b, g):
    return torch.sigmoid(w @ x + b)


@mistake("2.1", "b may be a plain float, and a float has no .item(); w @ x + b takes both kinds.")
def neuron__item(x, w, b, g):
    return g(w @ x + b.item())


@mistake("2.1", "Your result is a vector with one entry; a neuron has a single number as output.")
def neuron__one_entry(x, w, b, g):
    return g(w[None] @ x + b)


# 2.2


@mistake("2.2", "You multiplied by W; one neuron a row means X W^T: transpose W.")
def layer__not_transposed(X, W, b, g):
    return g(X @ W + b)


@mistake("2.2", "Your result has one neuron a row; samples belong in the rows: X W^T, not W X^T.")
def layer__transposed_result(X, W, b, g):
    return g(W @ X.T + b[:, None])


@mistake("2.2", "Your result has one neuron a row; samples belong in the rows: X W^T, not W X^T.")
def layer__transposed_result_and_bias(X, W, b, g):
    return g(W @ X.T + b)


@mistake("2.2", "The bias is missing: b_m is added to every output of neuron m.")
def layer__no_bias(X, W, b, g):
    return g(X @ W.T)


@mistake("2.2", "The activation is missing: put g around X W^T + b.")
def layer__no_activation(X, W, b, g):
    return X @ W.T + b


@mistake("2.2", "You added the bias after the activation; it belongs inside, g(X W^T + b).")
def layer__bias_outside(X, W, b, g):
    return g(X @ W.T) + b


@mistake(
    "2.2", "Your bias goes down the samples; b has one entry a neuron, the same for all samples."
)
def layer__bias_per_sample(X, W, b, g):
    return g(X @ W.T + b[:, None])


@mistake("2.2", "You subtracted the bias; it is added.")
def layer__minus_bias(X, W, b, g):
    return g(X @ W.T - b)


@mistake("2.2", "You put g on the inputs; it comes last, on X W^T + b.")
def layer__activation_first(X, W, b, g):
    return g(X) @ W.T + b


@mistake("2.2", "X * W multiplies entry by entry; a layer needs the product of matrices, X @ W.T.")
def layer__entry_by_entry(X, W, b, g):
    return g(X * W + b)


@mistake("2.2", "squeeze() drops a dimension where there is one sample or one neuron; leave it.")
def layer__squeezed(X, W, b, g):
    return g(X @ W.T + b).squeeze()


@mistake("2.2", "You turn everything into float32; keep the dtype that you were given.")
def layer__float32(X, W, b, g):
    return g(X.float() @ W.float().T + b.float())


@mistake("2.2", "You always use ReLU; use the activation g that you are given.")
def layer__own_activation(X, W, b, g):
    return torch.relu(X @ W.T + b)


# 2.3


@mistake("2.3", "You left the last layer without its activation; here every layer has its own g_k.")
def forward__linear_output(X, weights, biases, activations):
    H = X
    for k in range(len(weights)):
        H = H @ weights[k].T + biases[k]
        if k < len(weights) - 1:
            H = activations[k](H)
    return H


@mistake("2.3", "You use the first activation in all layers; each layer has one of its own.")
def forward__one_activation(X, weights, biases, activations):
    H = X
    for W, b in zip(weights, biases):
        H = activations[0](H @ W.T + b)
    return H


@mistake("2.3", "Your activations come in the wrong order: the first belongs to the first layer.")
def forward__activations_reversed(X, weights, biases, activations):
    H = X
    for W, b, g in zip(weights, biases, activations[::-1]):
        H = g(H @ W.T + b)
    return H


@mistake("2.3", "You go through the layers from the last to the first; begin with the first.")
def forward__reversed(X, weights, biases, activations):
    H = X
    for W, b, g in zip(weights[::-1], biases[::-1], activations[::-1]):
        H = g(H @ W.T + b)
    return H


@mistake("2.3", "The biases are missing.")
def forward__no_biases(X, weights, biases, activations):
    H = X
    for W, g in zip(weights, activations):
        H = g(H @ W.T)
    return H


@mistake("2.3", "The activations are missing: without them all layers together are a linear map.")
def forward__no_activations(X, weights, biases, activations):
    H = X
    for W, b in zip(weights, biases):
        H = H @ W.T + b
    return H


@mistake("2.3", "Every layer gets X in your loop; each should get the output of the one before it.")
def forward__always_from_X(X, weights, biases, activations):
    for W, b, g in zip(weights, biases, activations):
        H = g(X @ W.T + b)
    return H


@mistake("2.3", "You leave the loop after the first layer: return stands inside of it.")
def forward__first_layer(X, weights, biases, activations):
    H = X
    for W, b, g in zip(weights, biases, activations):
        H = g(H @ W.T + b)
        return H


@mistake("2.3", "Your loop ends before the last layer: range(L - 1) leaves it out.")
def forward__last_layer_missing(X, weights, biases, activations):
    H = X
    for k in range(len(weights) - 1):
        H = activations[k](H @ weights[k].T + biases[k])
    return H


@mistake("2.3", "You activate before each layer; the activation comes after W and b.")
def forward__activation_first(X, weights, biases, activations):
    H = X
    for W, b, g in zip(weights, biases, activations):
        H = g(H) @ W.T + b
    return H


@mistake("2.3", "You multiplied by W_k; one neuron a row means H W_k^T: transpose W_k.")
def forward__not_transposed(X, weights, biases, activations):
    H = X
    for W, b, g in zip(weights, biases, activations):
        H = g(H @ W + b)
    return H


@mistake("2.3", "You returned the outputs of all layers; asked for is the last one.")
def forward__all_layers(X, weights, biases, activations):
    H = [X]
    for W, b, g in zip(weights, biases, activations):
        H.append(g(H[-1] @ W.T + b))
    return H


@mistake("2.3", "You count on two layers; there may be any number: go through the lists in a loop.")
def forward__two_layers(X, weights, biases, activations):
    H = activations[0](X @ weights[0].T + biases[0])
    return activations[1](H @ weights[1].T + biases[1])


@mistake("2.3", "pop takes the weights out of your caller's lists: read them and leave them there.")
def forward__pops(X, weights, biases, activations):
    H = X
    while weights:
        H = activations.pop(0)(H @ weights.pop(0).T + biases.pop(0))
    return H


@mistake("2.3", "You added each bias after the activation; it belongs inside, g_k(H W_k^T + b_k).")
def forward__bias_outside(X, weights, biases, activations):
    H = X
    for W, b, g in zip(weights, biases, activations):
        H = g(H @ W.T) + b
    return H


# 2.4


def _sigmoid(a):
    """A right one, for mistakes in what is made from it."""
    e = torch.exp(-a.abs())
    return torch.where(a >= 0, 1 / (1 + e), e / (1 + e))


@mistake(
    "2.4",
    "This is the formula as it stands, and its gradient at -1e4 is NaN: exp(-a) is infinite there. "
    "The value 1 / infinity is 0 as it should be, but the chain rule multiplies 0 by infinity.",
)
def sigmoid__naive(a):
    return 1 / (1 + torch.exp(-a))


@mistake(
    "2.4",
    "exp(a) / (1 + exp(a)) is infinity / infinity, NaN, where a is large; for a >= 0 divide above "
    "and below by exp(a).",
)
def sigmoid__exp_over_exp(a):
    return torch.exp(a) / (1 + torch.exp(a))


@mistake(
    "2.4",
    "torch.where computes both branches. The one that it does not take overflows, and the gradient "
    "of that, 0 times infinity, is NaN: put -|a| in both exponents.",
)
def sigmoid__where(a):
    return torch.where(a >= 0, 1 / (1 + torch.exp(-a)), torch.exp(a) / (1 + torch.exp(a)))


@mistake(
    "2.4",
    "Cutting a off with clamp makes all values beyond the same, so that sigmoid(-700) is as large "
    "as at the cut. Nothing overflows if the exponent is -|a|.",
)
def sigmoid__clamped(a):
    return 1 / (1 + torch.exp(-a.clamp(-30, 30)))


@mistake(
    "2.4",
    "Cutting a off with clamp makes all values beyond the same, so that sigmoid(-700) is as large "
    "as at the cut. Nothing overflows if the exponent is -|a|.",
)
def sigmoid__clamped_later(a):
    return 1 / (1 + torch.exp(-a.clamp(-50, 50)))


@mistake(
    "2.4",
    "1 minus a number that is nearly 1 leaves no digits: sigmoid(-40) is 4e-18, and you get 0. For "
    "a < 0 write exp(a) / (1 + exp(a)).",
)
def sigmoid__complement(a):
    return 1 - 1 / (1 + torch.exp(a))


@mistake(
    "2.4",
    "1 minus a number that is nearly 1 leaves no digits: sigmoid(-40) is 4e-18, and you get 0. For "
    "a < 0 write exp(a) / (1 + exp(a)).",
)
def sigmoid__safe_complement(a):
    s = 1 / (1 + torch.exp(-a.abs()))
    return torch.where(a >= 0, s, 1 - s)


@mistake("2.4", "A minus is missing: this is sigmoid(-a), which falls where sigmoid rises.")
def sigmoid__no_minus(a):
    return 1 / (1 + torch.exp(a))


@mistake("2.4", "You forgot the case a < 0: with -|a| alone, sigmoid(-a) is equal to sigmoid(a).")
def sigmoid__one_case(a):
    return 1 / (1 + torch.exp(-a.abs()))


@mistake("2.4", "Through numpy the graph of autograd is cut: compute with torch's functions.")
def sigmoid__numpy(a):
    x = a.detach().numpy()
    e = np.exp(-np.abs(x))
    return torch.from_numpy(np.where(x >= 0, 1 / (1 + e), e / (1 + e)))


@mistake("2.4", "Your sigmoid gives float32 whatever a is; keep the dtype of a.")
def sigmoid__float32(a):
    return _sigmoid(a.float())


@mistake(
    "2.4", "This is tanh(a/2), as the formula has it on its left; put 2 a in place of a in it."
)
def tanh_from_sigmoid__of_half(a):
    return 2 * _sigmoid(a) - 1


@mistake("2.4", "You divided a by 2 where it is to be multiplied: tanh(a) = 2 sigmoid(2 a) - 1.")
def tanh_from_sigmoid__halved(a):
    return 2 * _sigmoid(a / 2) - 1


@mistake("2.4", "The - 1 is missing: your values lie between 0 and 2, those of tanh in (-1, 1).")
def tanh_from_sigmoid__not_shifted(a):
    return 2 * _sigmoid(2 * a)


@mistake("2.4", "The factor 2 before sigmoid is missing: your values lie between -1 and 0.")
def tanh_from_sigmoid__not_stretched(a):
    return _sigmoid(2 * a) - 1


@mistake("2.4", "The sign is the other way: tanh(a) = 2 sigmoid(2 a) - 1 rises.")
def tanh_from_sigmoid__falls(a):
    return 1 - 2 * _sigmoid(2 * a)


@mistake(
    "2.4",
    "exp(1e4) is infinite, and infinity / infinity is NaN. Your sigmoid has solved this already: "
    "2 sigmoid(2 a) - 1.",
)
def tanh_from_sigmoid__exponentials(a):
    return (torch.exp(a) - torch.exp(-a)) / (torch.exp(a) + torch.exp(-a))


@mistake("2.4", "You kept the negative side: min(0, a). ReLU keeps the positive one, max(0, a).")
def relu__minimum(a):
    return a.clamp(max=0)


@mistake("2.4", "This is |a|; ReLU is 0 for a < 0.")
def relu__absolute(a):
    return a.abs()


@mistake("2.4", "This is Heaviside's step; ReLU is a itself for a > 0, not 1.")
def relu__step(a):
    return (a > 0).to(a.dtype)


@mistake("2.4", "This is the leaky ReLU; the plain one is 0 for a < 0.")
def relu__leaky(a):
    return torch.where(a > 0, a, 0.01 * a)


@mistake("2.4", "You dropped the negative entries; they become 0 and stay in their places.")
def relu__dropped(a):
    return a[a > 0]


@mistake("2.4", "a[a < 0] = 0 writes into the caller's tensor: work on a copy, or use torch.where.")
def relu__in_place(a):
    a[a < 0] = 0
    return a


@mistake(
    "2.4",
    "This is the formula as it stands: it is infinite for large a, and 0 at -40, where 1 + exp(a) "
    "is rounded to 1. Take max(0, a) out of it, and use torch.log1p.",
)
def softplus__naive(a):
    return torch.log(1 + torch.exp(a))


@mistake("2.4", "exp(a) overflows for large a: log(1 + exp(a)) = max(0, a) + log1p(exp(-|a|)).")
def softplus__log1p(a):
    return torch.log1p(torch.exp(a))


@mistake(
    "2.4",
    "torch.where computes both branches. exp(a) overflows in the one that it does not take, and "
    "the gradient of that, 0 times infinity, is NaN: put -|a| in the exponent.",
)
def softplus__where(a):
    return torch.where(a > 20, a, torch.log1p(torch.exp(a)))


@mistake(
    "2.4",
    "1 + exp(-40) is rounded to 1, and its logarithm is 0: torch.log1p(t) is log(1 + t) with all "
    "its digits.",
)
def softplus__log(a):
    return a.clamp(min=0) + torch.log(1 + torch.exp(-a.abs()))


@mistake(
    "2.4",
    "1 + exp(-40) is rounded to 1, and its logarithm is 0: torch.log1p(t) is log(1 + t) with all "
    "its digits.",
)
def softplus__logsumexp(a):
    return torch.logsumexp(torch.stack([a, torch.zeros_like(a)]), dim=0)


@mistake("2.4", "This is softplus(-a): a minus too many.")
def softplus__mirrored(a):
    return (-a).clamp(min=0) + torch.log1p(torch.exp(-a.abs()))


@mistake("2.4", "You forgot max(0, a): log1p(exp(-|a|)) alone falls again for a > 0.")
def softplus__one_side(a):
    return torch.log1p(torch.exp(-a.abs()))


@mistake("2.4", "detach() cuts the graph of autograd, and your relu cannot be trained through.")
def relu__detached(a):
    return a.detach().clamp(min=0)


@mistake("2.4", "Your logarithm has another base: log is the natural one, torch.log1p.")
def softplus__base_two(a):
    return a.clamp(min=0) + torch.log2(1 + torch.exp(-a.abs()))


# 2.5


@mistake("2.5", "The product is the other way round: x meets W_1 first, so W = W_L ... W_2 W_1.")
def collapse__other_order(weights, biases):
    W, b = weights[0], biases[0]
    for W_k, b_k in zip(weights[1:], biases[1:]):
        W, b = W @ W_k, W_k @ b + b_k
    return W, b


@mistake("2.5", "The biases go through the later layers too: W_2 (W_1 x + b_1) has W_2 b_1 in it.")
def collapse__biases_added(weights, biases):
    W = weights[0]
    for W_k in weights[1:]:
        W = W_k @ W
    return W, sum(biases[1:], biases[0])


@mistake("2.5", "You kept the last bias alone; those before it go through the later layers.")
def collapse__last_bias(weights, biases):
    W = weights[0]
    for W_k in weights[1:]:
        W = W_k @ W
    return W, biases[-1]


@mistake(
    "2.5",
    "You changed W first, and then used the new W for b: b goes through W_k alone, W_k b + b_k.",
)
def collapse__new_W(weights, biases):
    W, b = weights[0], biases[0]
    for W_k, b_k in zip(weights[1:], biases[1:]):
        W = W_k @ W
        b = W @ b + b_k
    return W, b


@mistake("2.5", "You added b_k before W_k; layer k multiplies by W_k first: W_k b + b_k.")
def collapse__bias_too_early(weights, biases):
    W, b = weights[0], biases[0]
    for W_k, b_k in zip(weights[1:], biases[1:]):
        W, b = W_k @ W, W_k @ (b + b_k)
    return W, b


@mistake("2.5", "You returned W^T; W is (N_L, N_0), so that W x is the output.")
def collapse__transposed(weights, biases):
    W, b = weights[0], biases[0]
    for W_k, b_k in zip(weights[1:], biases[1:]):
        W, b = W_k @ W, W_k @ b + b_k
    return W.T, b


@mistake("2.5", "You added the weights up; layers one after another multiply.")
def collapse__sum(weights, biases):
    W, b = weights[0], biases[0]
    for W_k, b_k in zip(weights[1:], biases[1:]):
        W, b = W + W_k, b + b_k
    return W, b


@mistake("2.5", "W * W multiplies entry by entry; layers need the product of matrices, W_k @ W.")
def collapse__entry_by_entry(weights, biases):
    W, b = weights[0], biases[0]
    for W_k, b_k in zip(weights[1:], biases[1:]):
        W, b = W_k * W, W_k @ b + b_k
    return W, b


@mistake("2.5", "The last layer is missing from your loop.")
def collapse__last_layer_missing(weights, biases):
    W, b = weights[0], biases[0]
    for k in range(1, len(weights) - 1):
        W, b = weights[k] @ W, weights[k] @ b + biases[k]
    return W, b


@mistake("2.5", "You count on two layers; there may be one, or many: use a loop.")
def collapse__two_layers(weights, biases):
    W1, W2 = weights[0], weights[1]
    return W2 @ W1, W2 @ biases[0] + biases[1]


@mistake("2.5", "The biases are lost: the map is affine, W x + b.")
def collapse__no_biases(weights, biases):
    W = weights[0]
    for W_k in weights[1:]:
        W = W_k @ W
    return W, torch.zeros_like(biases[-1])


@mistake("2.5", "The two results come in the other order: first W, then b.")
def collapse__swapped(weights, biases):
    W, b = weights[0], biases[0]
    for W_k, b_k in zip(weights[1:], biases[1:]):
        W, b = W_k @ W, W_k @ b + b_k
    return b, W


# 2.6


@mistake("2.6", "This network computes OR: at (1, 1) the output must be down at 0 again.")
def xor_network__or():
    W1, b1 = torch.ones(2, 2), torch.tensor([0.0, -1.0])
    return W1, b1, torch.tensor([1.0, -1.0]), torch.tensor(0.0)


@mistake("2.6", "This network computes AND; XOR is 1 where exactly one input is 1.")
def xor_network__and():
    W1, b1 = torch.ones(2, 2), torch.tensor([0.0, -1.0])
    return W1, b1, torch.tensor([0.0, 1.0]), torch.tensor(0.0)


@mistake("2.6", "0 and 1 are swapped: your network says whether both inputs are the same.")
def xor_network__swapped():
    W1, b1 = torch.ones(2, 2), torch.tensor([0.0, -1.0])
    return W1, b1, torch.tensor([-1.0, 2.0]), torch.tensor(1.0)


@mistake("2.6", "Your network says -1 and +1, as a perceptron does; here 0 and 1 are wanted.")
def xor_network__signs():
    W1, b1 = torch.ones(2, 2), torch.tensor([0.0, -1.0])
    return W1, b1, torch.tensor([2.0, -4.0]), torch.tensor(-1.0)


@mistake(
    "2.6",
    "This works with steps (McCulloch and Pitts) as hidden units; relu gives more than 0 or 1.",
)
def xor_network__steps():
    W1, b1 = torch.ones(2, 2), torch.tensor([-0.5, -1.5])
    return W1, b1, torch.tensor([1.0, -1.0]), torch.tensor(0.0)


@mistake(
    "2.6",
    "Without a bias both hidden units are the same: the second should wake up at x_1 + x_2 = 1.",
)
def xor_network__no_bias():
    W1, b1 = torch.ones(2, 2), torch.zeros(2)
    return W1, b1, torch.tensor([1.0, -2.0]), torch.tensor(0.0)


@mistake("2.6", "Row m of W1 holds the weights of hidden unit m; you have them in the columns.")
def xor_network__transposed():
    W1, b1 = torch.tensor([[1.0, 2.0], [1.0, 2.0]]), torch.tensor([0.0, -2.0])
    return W1, b1, torch.tensor([1.0, -1.0]), torch.tensor(0.0)


@mistake("2.6", "Your tensors hold integers; write 1.0 in place of 1.")
def xor_network__integers():
    W1, b1 = torch.tensor([[1, 1], [1, 1]]), torch.tensor([0, -1])
    return W1, b1, torch.tensor([1, -2]), torch.tensor(0)


@mistake("2.6", "Trained weights come close; with weights thought out, 0 and 1 come out exactly.")
def xor_network__trained():
    W1, b1 = torch.full((2, 2), 0.9993), torch.tensor([0.0008, -0.9991])
    return W1, b1, torch.tensor([0.9996, -1.9989]), torch.tensor(0.0004)


@mistake("2.6", "w2 is a vector, shape (2,), since the network has one output.")
def xor_network__row():
    W1, b1 = torch.ones(2, 2), torch.tensor([0.0, -1.0])
    return W1, b1, torch.tensor([[1.0, -2.0]]), torch.tensor([0.0])


@mistake("2.6", "b2 is a single number: a float, or torch.tensor(0.0), which has no dimension.")
def xor_network__b2_vector():
    W1, b1 = torch.ones(2, 2), torch.tensor([0.0, -1.0])
    return W1, b1, torch.tensor([1.0, -2.0]), torch.tensor([0.0])


# 2.7


@mistake(
    "2.7",
    "nn.Module does not find your layers: it looks at attributes that are modules or nn.Parameters "
    "and into an nn.ModuleList, but not into a Python list.",
)
class MLP__python_list(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        self.layers = [nn.Linear(n, m) for n, m in zip(sizes, sizes[1:])]
        self.activation = activation

    def forward(self, x):
        for unit in self.layers[:-1]:
            x = self.activation(unit(x))
        return self.layers[-1](x)


@mistake("2.7", "The output is activated too; it should be linear: leave the last layer as it is.")
class MLP__activated_output(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n, m) for n, m in zip(sizes, sizes[1:])])
        self.activation = activation

    def forward(self, x):
        for unit in self.layers:
            x = self.activation(unit(x))
        return x


@mistake("2.7", "The activation is missing: without it all layers together are one linear map.")
class MLP__no_activation(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n, m) for n, m in zip(sizes, sizes[1:])])

    def forward(self, x):
        for unit in self.layers:
            x = unit(x)
        return x


@mistake("2.7", "Only your first hidden layer is activated; all of them should be.")
class MLP__first_activated(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n, m) for n, m in zip(sizes, sizes[1:])])
        self.activation = activation

    def forward(self, x):
        x = self.layers[0](x)
        if len(self.layers) > 1:
            x = self.activation(x)
        for unit in self.layers[1:]:
            x = unit(x)
        return x


@mistake("2.7", "You activate the input of every layer; activate the output of the hidden ones.")
class MLP__activated_input(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n, m) for n, m in zip(sizes, sizes[1:])])
        self.activation = activation

    def forward(self, x):
        for unit in self.layers:
            x = unit(self.activation(x))
        return x


@mistake("2.7", "You always use ReLU; use the activation that is handed in.")
class MLP__always_relu(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n, m) for n, m in zip(sizes, sizes[1:])])

    def forward(self, x):
        for unit in self.layers[:-1]:
            x = torch.relu(unit(x))
        return self.layers[-1](x)


@mistake("2.7", "Where no activation is handed in it should be torch.relu: look at your default.")
class MLP__default_sigmoid(nn.Module):
    def __init__(self, sizes, activation=torch.sigmoid):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n, m) for n, m in zip(sizes, sizes[1:])])
        self.activation = activation

    def forward(self, x):
        for unit in self.layers[:-1]:
            x = self.activation(unit(x))
        return self.layers[-1](x)


@mistake("2.7", "You made one hidden layer whatever sizes says; take every two neighbours of it.")
class MLP__one_hidden(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        self.hidden = nn.Linear(sizes[0], sizes[1])
        self.output = nn.Linear(sizes[1], sizes[-1])
        self.activation = activation

    def forward(self, x):
        return self.output(self.activation(self.hidden(x)))


@mistake("2.7", "Your weights come first and then all biases; the order is W_1, b_1, W_2, b_2, ...")
class MLP__weights_first(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        pairs = list(zip(sizes, sizes[1:]))
        self.weights = nn.ParameterList([nn.Parameter(torch.randn(m, n)) for n, m in pairs])
        self.biases = nn.ParameterList([nn.Parameter(torch.zeros(m)) for _, m in pairs])
        self.activation = activation

    def forward(self, x):
        last = len(self.weights) - 1
        for k, (W, b) in enumerate(zip(self.weights, self.biases)):
            x = x @ W.T + b
            if k < last:
                x = self.activation(x)
        return x


@mistake("2.7", "Your weights are transposed: W_k is (N_k, N_{k-1}), as in nn.Linear.")
class MLP__transposed(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        self.parts = nn.ParameterList()
        for n, m in zip(sizes, sizes[1:]):
            self.parts.append(nn.Parameter(torch.randn(n, m)))
            self.parts.append(nn.Parameter(torch.zeros(m)))
        self.activation = activation

    def forward(self, x):
        for k in range(0, len(self.parts), 2):
            x = x @ self.parts[k] + self.parts[k + 1]
            if k < len(self.parts) - 2:
                x = self.activation(x)
        return x


@mistake("2.7", "The biases are missing: leave bias=False out.")
class MLP__no_biases(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        pairs = zip(sizes, sizes[1:])
        self.layers = nn.ModuleList([nn.Linear(n, m, bias=False) for n, m in pairs])
        self.activation = activation

    def forward(self, x):
        for unit in self.layers[:-1]:
            x = self.activation(unit(x))
        return self.layers[-1](x)


@mistake("2.7", "nn.Linear takes the number of inputs first, then of outputs; you swapped them.")
class MLP__swapped(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(m, n) for n, m in zip(sizes, sizes[1:])])
        self.activation = activation

    def forward(self, x):
        for unit in self.layers[:-1]:
            x = self.activation(unit(x))
        return self.layers[-1](x)


@mistake("2.7", "super().__init__() is missing: it must come first in __init__.")
class MLP__no_super(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        self.layers = nn.ModuleList([nn.Linear(n, m) for n, m in zip(sizes, sizes[1:])])
        self.activation = activation

    def forward(self, x):
        for unit in self.layers[:-1]:
            x = self.activation(unit(x))
        return self.layers[-1](x)


@mistake("2.7", "You put a softmax at the end; the output is linear, and the loss does the rest.")
class MLP__softmax(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n, m) for n, m in zip(sizes, sizes[1:])])
        self.activation = activation

    def forward(self, x):
        for unit in self.layers[:-1]:
            x = self.activation(unit(x))
        return torch.softmax(self.layers[-1](x), dim=1)


@mistake("2.7", "no_grad switches autograd off: a network computed in it cannot be trained.")
class MLP__no_grad(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n, m) for n, m in zip(sizes, sizes[1:])])
        self.activation = activation

    @torch.no_grad()
    def forward(self, x):
        for unit in self.layers[:-1]:
            x = self.activation(unit(x))
        return self.layers[-1](x)


@mistake("2.7", "detach() between the layers cuts the graph: only the last layer would learn.")
class MLP__detached(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n, m) for n, m in zip(sizes, sizes[1:])])
        self.activation = activation

    def forward(self, x):
        for unit in self.layers[:-1]:
            x = self.activation(unit(x)).detach()
        return self.layers[-1](x)


@mistake("2.7", "activation is a function already: call it with a tensor, not as activation().")
class MLP__called_activation(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n, m) for n, m in zip(sizes, sizes[1:])])
        self.activation = activation()

    def forward(self, x):
        for unit in self.layers[:-1]:
            x = self.activation(unit(x))
        return self.layers[-1](x)


@mistake("2.7", "All weights start at 0, and the hidden units stay the same; draw them at random.")
class MLP__zeros(nn.Module):
    def __init__(self, sizes, activation=torch.relu):
        super().__init__()
        self.layers = nn.ModuleList([nn.Linear(n, m) for n, m in zip(sizes, sizes[1:])])
        for unit in self.layers:
            nn.init.zeros_(unit.weight)
            nn.init.zeros_(unit.bias)
        self.activation = activation

    def forward(self, x):
        for unit in self.layers[:-1]:
            x = self.activation(unit(x))
        return self.layers[-1](x)


# 2.8


@mistake(
    "2.8",
    "exp(1e4) is infinite, and infinity / infinity is NaN: subtract the largest score of each row "
    "from it first, which changes nothing else.",
)
def softmax__naive(Y):
    E = torch.exp(Y)
    return E / E.sum(dim=1, keepdim=True)


@mistake(
    "2.8",
    "You subtracted the largest score of the whole batch; a row far below it becomes 0 / 0. Every "
    "row has a largest score of its own: dim=1.",
)
def softmax__one_maximum(Y):
    E = torch.exp(Y - Y.max())
    return E / E.sum(dim=1, keepdim=True)


@mistake("2.8", "You went down the samples (dim=0); the classes of a sample lie in a row, dim=1.")
def softmax__other_axis(Y):
    E = torch.exp(Y - Y.amax(dim=0, keepdim=True))
    return E / E.sum(dim=0, keepdim=True)


@mistake("2.8", "You divided by the sum over the whole batch; every row is to have the sum 1.")
def softmax__one_sum(Y):
    E = torch.exp(Y - Y.amax(dim=1, keepdim=True))
    return E / E.sum()


@mistake(
    "2.8",
    "Without keepdim=True the sums lie in a row, and divide other entries than their own.",
)
def softmax__no_keepdim(Y):
    E = torch.exp(Y - Y.amax(dim=1, keepdim=True))
    return E / E.sum(dim=1)


@mistake(
    "2.8",
    "Without keepdim=True the largest scores lie in a row, and are taken from other scores than "
    "they should.",
)
def softmax__maximum_without_keepdim(Y):
    E = torch.exp(Y - Y.amax(dim=1))
    return E / E.sum(dim=1, keepdim=True)


@mistake("2.8", "You divided the scores by their sum; divide their exponentials by theirs.")
def softmax__no_exp(Y):
    return Y / Y.sum(dim=1, keepdim=True)


@mistake("2.8", "These are sigmoids, each score by itself; the classes share the probability 1.")
def softmax__sigmoids(Y):
    return torch.sigmoid(Y)


@mistake("2.8", "You returned the logarithms of the probabilities; put exp around them.")
def softmax__logarithms(Y):
    return Y - torch.logsumexp(Y, dim=1, keepdim=True)


@mistake("2.8", "A minus too many: your most probable class is the one with the smallest score.")
def softmax__minus(Y):
    E = torch.exp(-Y + Y.amin(dim=1, keepdim=True))
    return E / E.sum(dim=1, keepdim=True)


@mistake(
    "2.8",
    "You subtracted the mean of the row, and a score far above it overflows: subtract the largest.",
)
def softmax__mean(Y):
    E = torch.exp(Y - Y.mean(dim=1, keepdim=True))
    return E / E.sum(dim=1, keepdim=True)


@mistake(
    "2.8",
    "Cutting scores off with clamp makes large ones equal, whose difference is all that matters.",
)
def softmax__clamped(Y):
    E = torch.exp(Y.clamp(-50, 50))
    return E / E.sum(dim=1, keepdim=True)


@mistake("2.8", "This gives 1 to the largest score and 0 to the others: an argmax, not a softmax.")
def softmax__hard(Y):
    return torch.nn.functional.one_hot(Y.argmax(dim=1), Y.shape[1]).to(Y.dtype)


@mistake("2.8", "Y -= ... writes into the caller's scores; make a new tensor: Y = Y - ...")
def softmax__in_place(Y):
    Y -= Y.amax(dim=1, keepdim=True)
    E = torch.exp(Y)
    return E / E.sum(dim=1, keepdim=True)


@mistake(
    "2.8",
    "1 / sum_j exp(y_j - y_k) has the right value, as 1 / infinity is 0, but its gradient is NaN: "
    "the chain rule multiplies 0 by infinity. Subtract the largest score of each row instead.",
)
def softmax__differences(Y):
    return 1 / torch.exp(Y[:, None, :] - Y[:, :, None]).sum(dim=2)


@mistake("2.8", "The sum in the denominator needs no small number added: it is at least 1.")
def softmax__epsilon(Y):
    E = torch.exp(Y - Y.amax(dim=1, keepdim=True))
    return E / (E.sum(dim=1, keepdim=True) + 1e-8)


@mistake(
    "2.8", "You subtracted the largest absolute value: in a row of -1e4 all becomes exp(-2e4)."
)
def softmax__largest_absolute(Y):
    E = torch.exp(Y - Y.abs().amax(dim=1, keepdim=True))
    return E / E.sum(dim=1, keepdim=True)


@mistake("2.8", "detach() and numpy cut the graph of autograd; compute with torch, on Y itself.")
def softmax__detached(Y):
    Y = Y.detach()
    E = torch.exp(Y - Y.amax(dim=1, keepdim=True))
    return E / E.sum(dim=1, keepdim=True)


# 2.9


@mistake("2.9", "The half is missing: the course's square error is 1/2 ||y - d||^2.")
def square_error__no_half(y, d):
    return ((y - d) ** 2).sum()


@mistake("2.9", "You took the mean over the samples; the course's loss is their sum.")
def square_error__mean(y, d):
    return ((y - d) ** 2).sum() / 2 / len(y)


@mistake("2.9", "You took the mean over all entries; the course's loss is half of their sum.")
def square_error__mean_of_all(y, d):
    return ((y - d) ** 2).mean()


@mistake("2.9", "You took the mean over all entries; the course's loss is half of their sum.")
def square_error__half_mean_of_all(y, d):
    return ((y - d) ** 2).mean() / 2


@mistake("2.9", "You took a root: the loss is the squared length of y - d, not the length.")
def square_error__root(y, d):
    return (y - d).norm() / 2


@mistake("2.9", "These are absolute values; the square error has the squares of y - d.")
def square_error__absolute(y, d):
    return (y - d).abs().sum() / 2


@mistake("2.9", "You squared the sum of the differences; square each, then add up.")
def square_error__square_of_sum(y, d):
    return (y - d).sum() ** 2 / 2


@mistake("2.9", "You returned one loss a sample; the loss of the batch is their sum.")
def square_error__per_sample(y, d):
    return ((y - d) ** 2).sum(dim=1) / 2


@mistake("2.9", ".item() makes a Python number of the loss, and the graph is lost: leave it out.")
def square_error__item(y, d):
    return (((y - d) ** 2).sum() / 2).item()


@mistake("2.9", "You took the mean over the samples; the course's loss is their sum.")
def cross_entropy__mean(y, d):
    return (torch.logsumexp(y, dim=1) - y.gather(1, d[:, None])[:, 0]).mean()


@mistake("2.9", "Only the scores of the right classes are in it; log sum_k exp(y_k) is missing.")
def cross_entropy__no_normalisation(y, d):
    return -y.gather(1, d[:, None]).sum()


@mistake("2.9", "A sign is wrong: the score of the right class is subtracted.")
def cross_entropy__plus(y, d):
    return (torch.logsumexp(y, dim=1) + y.gather(1, d[:, None])[:, 0]).sum()


@mistake("2.9", "The sign is the other way: this is the log-probability, the loss is minus that.")
def cross_entropy__negative(y, d):
    return (y.gather(1, d[:, None])[:, 0] - torch.logsumexp(y, dim=1)).sum()


@mistake(
    "2.9",
    "exp(1e4) is infinite: take the largest score of each row out of log sum_k exp(y_k), or let "
    "torch.logsumexp do it.",
)
def cross_entropy__naive(y, d):
    return (torch.log(torch.exp(y).sum(dim=1)) - y.gather(1, d[:, None])[:, 0]).sum()


@mistake(
    "2.9",
    "exp(1e4) is infinite: take the largest score of each row out of log sum_k exp(y_k), or let "
    "torch.logsumexp do it.",
)
def cross_entropy__log_of_naive_softmax(y, d):
    p = torch.exp(y) / torch.exp(y).sum(dim=1, keepdim=True)
    return -torch.log(p.gather(1, d[:, None])).sum()


@mistake(
    "2.9",
    "A probability may be rounded to 0, and its logarithm is infinite: compute the logarithm "
    "directly, y_d - log sum_k exp(y_k), and not from the softmax.",
)
def cross_entropy__log_of_softmax(y, d):
    return -torch.log(torch.softmax(y, dim=1).gather(1, d[:, None])).sum()


@mistake(
    "2.9",
    "The small number that you add before the logarithm makes every large loss the same, and "
    "changes the others.",
)
def cross_entropy__epsilon(y, d):
    return -torch.log(torch.softmax(y, dim=1).gather(1, d[:, None]) + 1e-8).sum()


@mistake("2.9", "You went down the samples (dim=0); the scores of a sample lie in a row, dim=1.")
def cross_entropy__other_axis(y, d):
    return -torch.log_softmax(y, dim=0).gather(1, d[:, None]).sum()


@mistake(
    "2.9",
    "y[:, d] takes N columns from every row; one score a row is y[torch.arange(len(y)), d].",
)
def cross_entropy__all_pairs(y, d):
    return -torch.log_softmax(y, dim=1)[:, d].sum()


@mistake("2.9", "You added up the losses of all classes; only the right class d_i counts.")
def cross_entropy__all_classes(y, d):
    return -torch.log_softmax(y, dim=1).sum()


@mistake("2.9", "You put a softmax before the cross-entropy, which has one in it: y are scores.")
def cross_entropy__softmax_twice(y, d):
    return -torch.log_softmax(torch.softmax(y, dim=1), dim=1).gather(1, d[:, None]).sum()


@mistake(
    "2.9", "You took y for probabilities; y are scores, and softmax makes probabilities of them."
)
def cross_entropy__of_probabilities(y, d):
    return -torch.log(y.gather(1, d[:, None])).sum()


@mistake("2.9", "There is no half in the cross-entropy.")
def cross_entropy__half(y, d):
    return (torch.logsumexp(y, dim=1) - y.gather(1, d[:, None])[:, 0]).sum() / 2


@mistake("2.9", "You returned one loss a sample; the loss of the batch is their sum.")
def cross_entropy__per_sample(y, d):
    return torch.logsumexp(y, dim=1) - y.gather(1, d[:, None])[:, 0]


@mistake("2.9", ".item() makes a Python number of the loss, and the graph is lost: leave it out.")
def cross_entropy__item(y, d):
    return (torch.logsumexp(y, dim=1) - y.gather(1, d[:, None])[:, 0]).sum().item()


@mistake("2.9", "detach() and numpy cut the graph of autograd; compute with torch, on y itself.")
def square_error__detached(y, d):
    return ((y.detach() - d) ** 2).sum() / 2


@mistake(
    "2.9",
    "You took the largest score of the whole batch out; a row far below it becomes log 0. Every "
    "row has a largest score of its own.",
)
def cross_entropy__one_maximum(y, d):
    c = y.max()
    score = y.gather(1, d[:, None])[:, 0]
    return (c + torch.log(torch.exp(y - c).sum(dim=1)) - score).sum()


@mistake("2.9", "You counted the classes from 1; they are 0, ..., K-1.")
def cross_entropy__classes_from_one(y, d):
    return (torch.logsumexp(y, dim=1) - y[torch.arange(len(y)), d - 1]).sum()


@mistake(
    "2.9", "Without a number of classes, F.one_hot makes as many columns as it happens to meet."
)
def cross_entropy__one_hot_by_itself(y, d):
    return -(torch.nn.functional.one_hot(d) * torch.log_softmax(y, dim=1)).sum()
