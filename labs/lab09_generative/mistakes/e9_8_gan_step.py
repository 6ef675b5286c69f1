"""Wrong answers to exercise 9.8 that students write, and what to tell them."""

from __future__ import annotations

import torch

from course_dl.lab import mistake

from .shared import loss_of_d, loss_of_g


def minimise(loss, optimizer):
    optimizer.zero_grad()
    loss.backward()
    optimizer.step()
    return loss.item()


@mistake(
    "9.8",
    "G moves by D's loss: what it drew for D is not detached, and its gradients are not cleared "
    "afterwards. Use G(z_d).detach().",
)
def gan_step__not_detached(G, D, x, z_d, z_g, opt_G, opt_D):
    opt_G.zero_grad()
    loss_D = minimise(loss_of_d(D(x), D(G(z_d))), opt_D)
    loss_G = loss_of_g(D(G(z_g)))
    loss_G.backward()
    opt_G.step()
    return loss_D, loss_G.item()


@mistake("9.8", "D steps in G's half too: there only opt_G steps.")
def gan_step__d_steps_twice(G, D, x, z_d, z_g, opt_G, opt_D):
    loss_D = minimise(loss_of_d(D(x), D(G(z_d).detach())), opt_D)
    opt_D.zero_grad()
    loss_G = minimise(loss_of_g(D(G(z_g))), opt_G)
    opt_D.step()
    return loss_D, loss_G


@mistake("9.8", "G steps in D's half too: there only opt_D steps.")
def gan_step__g_steps_twice(G, D, x, z_d, z_g, opt_G, opt_D):
    opt_G.zero_grad()
    loss_D = minimise(loss_of_d(D(x), D(G(z_d))), opt_D)
    opt_G.step()
    return loss_D, minimise(loss_of_g(D(G(z_g))), opt_G)


@mistake(
    "9.8",
    "G's loss was computed before D's step: G learns from the new D, so call D(G(z_g)) after "
    "opt_D.step().",
)
def gan_step__old_d(G, D, x, z_d, z_g, opt_G, opt_D):
    loss_G = loss_of_g(D(G(z_g)))
    grads = torch.autograd.grad(loss_G, list(G.parameters()))
    loss_D = minimise(loss_of_d(D(x), D(G(z_d).detach())), opt_D)
    for p, grad in zip(G.parameters(), grads):
        p.grad = grad
    opt_G.step()
    return loss_D, loss_G.item()


@mistake("9.8", "G's half uses the codes of D's half, z_d: it has its own, z_g.")
def gan_step__same_codes(G, D, x, z_d, z_g, opt_G, opt_D):
    loss_D = minimise(loss_of_d(D(x), D(G(z_d).detach())), opt_D)
    return loss_D, minimise(loss_of_g(D(G(z_d))), opt_G)


@mistake("9.8", "The codes are exchanged: z_d is for D's half, z_g for G's.")
def gan_step__codes_exchanged(G, D, x, z_d, z_g, opt_G, opt_D):
    loss_D = minimise(loss_of_d(D(x), D(G(z_g).detach())), opt_D)
    return loss_D, minimise(loss_of_g(D(G(z_d))), opt_G)


@mistake(
    "9.8",
    "G's gradients are never cleared: those of before are added to the new ones. Call "
    "opt_G.zero_grad() before loss_G.backward().",
)
def gan_step__g_not_cleared(G, D, x, z_d, z_g, opt_G, opt_D):
    loss_D = minimise(loss_of_d(D(x), D(G(z_d).detach())), opt_D)
    loss_G = loss_of_g(D(G(z_g)))
    loss_G.backward()
    opt_G.step()
    return loss_D, loss_G.item()


@mistake(
    "9.8",
    "D's gradients are never cleared: what G's half leaves in D is added to the next step of D. "
    "Call opt_D.zero_grad() before loss_D.backward().",
)
def gan_step__d_not_cleared(G, D, x, z_d, z_g, opt_G, opt_D):
    loss_D = loss_of_d(D(x), D(G(z_d).detach()))
    loss_D.backward()
    opt_D.step()
    return loss_D.item(), minimise(loss_of_g(D(G(z_g))), opt_G)


@mistake("9.8", "zero_grad comes after backward: the gradients are gone before the step.")
def gan_step__cleared_too_late(G, D, x, z_d, z_g, opt_G, opt_D):
    losses = []
    for optimizer, loss in (
        (opt_D, lambda: loss_of_d(D(x), D(G(z_d).detach()))),
        (opt_G, lambda: loss_of_g(D(G(z_g)))),
    ):
        value = loss()
        value.backward()
        optimizer.zero_grad()
        optimizer.step()
        losses.append(value.item())
    return tuple(losses)


@mistake("9.8", "G comes first: D takes its step before G does.")
def gan_step__g_first(G, D, x, z_d, z_g, opt_G, opt_D):
    loss_G = minimise(loss_of_g(D(G(z_g))), opt_G)
    return minimise(loss_of_d(D(x), D(G(z_d).detach())), opt_D), loss_G


@mistake("9.8", "You drew noise of your own: use z_d and z_g.")
def gan_step__own_noise(G, D, x, z_d, z_g, opt_G, opt_D):
    loss_D = minimise(loss_of_d(D(x), D(G(torch.randn_like(z_d)).detach())), opt_D)
    return loss_D, minimise(loss_of_g(D(G(torch.randn_like(z_g)))), opt_G)


@mistake("9.8", "G's loss is the saturating one: use generator_loss of exercise 9.7.")
def gan_step__saturating(G, D, x, z_d, z_g, opt_G, opt_D):
    loss_D = minimise(loss_of_d(D(x), D(G(z_d).detach())), opt_D)
    return loss_D, minimise(-torch.nn.functional.softplus(D(G(z_g))).mean(), opt_G)


@mistake(
    "9.8",
    "G never moves: in its own half what it draws must not be detached, and opt_G.step() must "
    "follow.",
)
def gan_step__detached_in_gs_half(G, D, x, z_d, z_g, opt_G, opt_D):
    loss_D = minimise(loss_of_d(D(x), D(G(z_d).detach())), opt_D)
    return loss_D, minimise(loss_of_g(D(G(z_g).detach())), opt_G)


@mistake("9.8", "The losses are returned in the wrong order: (loss_D, loss_G).")
def gan_step__losses_exchanged(G, D, x, z_d, z_g, opt_G, opt_D):
    loss_D = minimise(loss_of_d(D(x), D(G(z_d).detach())), opt_D)
    return minimise(loss_of_g(D(G(z_g))), opt_G), loss_D


@mistake(
    "9.8", "The losses are computed anew after the steps: return those whose gradients were used."
)
def gan_step__losses_after(G, D, x, z_d, z_g, opt_G, opt_D):
    minimise(loss_of_d(D(x), D(G(z_d).detach())), opt_D)
    minimise(loss_of_g(D(G(z_g))), opt_G)
    with torch.no_grad():
        return loss_of_d(D(x), D(G(z_d))).item(), loss_of_g(D(G(z_g))).item()


@mistake("9.8", "D is frozen for G's half and stays so: let requires_grad be as it was.")
def gan_step__d_frozen(G, D, x, z_d, z_g, opt_G, opt_D):
    D.requires_grad_(True)
    loss_D = minimise(loss_of_d(D(x), D(G(z_d).detach())), opt_D)
    D.requires_grad_(False)
    return loss_D, minimise(loss_of_g(D(G(z_g))), opt_G)


@mistake("9.8", "One backward pass of both losses: each player learns from its own loss alone.")
def gan_step__sum_of_losses(G, D, x, z_d, z_g, opt_G, opt_D):
    loss_D, loss_G = loss_of_d(D(x), D(G(z_d))), loss_of_g(D(G(z_g)))
    opt_D.zero_grad()
    opt_G.zero_grad()
    (loss_D + loss_G).backward()
    opt_D.step()
    opt_G.step()
    return loss_D.item(), loss_G.item()


@mistake("9.8", "D takes two steps, one for x and one for what G drew: it is one, by their sum.")
def gan_step__two_steps_of_d(G, D, x, z_d, z_g, opt_G, opt_D):
    real = minimise(torch.nn.functional.softplus(-D(x)).mean(), opt_D)
    drawn = minimise(torch.nn.functional.softplus(D(G(z_d).detach())).mean(), opt_D)
    return real + drawn, minimise(loss_of_g(D(G(z_g))), opt_G)


@mistake("9.8", "You step by lr times the gradient: opt.step() knows how its optimizer steps.")
def gan_step__by_hand(G, D, x, z_d, z_g, opt_G, opt_D):
    losses = []
    for net, opt, loss in (
        (D, opt_D, lambda: loss_of_d(D(x), D(G(z_d)))),
        (G, opt_G, lambda: loss_of_g(D(G(z_g)))),
    ):
        losses.append(loss())
        gradients = torch.autograd.grad(losses[-1], list(net.parameters()))
        with torch.no_grad():
            for p, gradient in zip(net.parameters(), gradients, strict=True):
                p -= opt.param_groups[0]["lr"] * gradient
    return losses[0].item(), losses[1].item()
