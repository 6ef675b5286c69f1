"""``Perceptron.fit`` against scikit-learn's of the same order, and against a plain loop.

On one thread, as scikit-learn's runs: numpy's threads gain little here, and wait for one another
where a core has other work.
"""

from __future__ import annotations

import warnings

import numpy as np
from sklearn.linear_model import Perceptron as TheirPerceptron
from threadpoolctl import threadpool_limits

from benchmarks.digits import training_set
from benchmarks.measure import Row, medians, report
from course_dl.perceptron import Perceptron, rosenblatt_rule

EPOCHS = 20


def main() -> None:
    warnings.filterwarnings("ignore")  # scikit-learn's of not having converged
    digits, rows = training_set(), []
    for pair, target in (((0, 1), 1 / 2), ((4, 9), 1 / 1.25)):
        these = digits.only(pair)
        X, d = these.images.flatten(1).numpy(), (2 * these.labels - 1).numpy()
        theirs = TheirPerceptron(shuffle=False, max_iter=EPOCHS, tol=None)
        times = medians(
            {
                "ours": lambda X=X, d=d: Perceptron(max_epochs=EPOCHS).fit(X, d),
                "theirs": lambda X=X, d=d, theirs=theirs: theirs.fit(X, d),
            },
            5,
        )
        w = np.zeros(785)
        rosenblatt_rule(X, d.astype(float), w, 1.0, EPOCHS)
        same = np.array_equal(Perceptron(max_epochs=EPOCHS).fit(X, d).weights_.numpy(), w)
        note = f"1 thread, weights {'equal to' if same else 'NOT'} the plain float64 rule's"
        rows.append(
            Row(
                f"`Perceptron.fit`, {EPOCHS} epochs, {pair[0]} against {pair[1]}",
                "scikit-learn, same order",
                times["ours"] / times["theirs"],
                target,
                note,
            )
        )

    rng = np.random.default_rng(0)
    X = rng.normal(size=(1000, 2))
    d = np.where(X @ [1.0, 0.5] + 0.3 * rng.normal(size=1000) > -0.1, 1.0, -1.0)
    times = medians(
        {
            "ours": lambda: Perceptron(max_epochs=50).fit(X, d),
            "loop": lambda: plain_loop(X, d, 50),
        }
    )
    rows.append(
        Row(
            "`Perceptron.fit`, 1,000 points in 2-D, 50 epochs",
            "a plain numpy loop",
            times["ours"] / times["loop"],
            1 / 6,
        )
    )
    report(rows)


def plain_loop(X: np.ndarray, d: np.ndarray, epochs: int) -> np.ndarray:
    rows, w = np.c_[np.ones(len(X)), X], np.zeros(X.shape[1] + 1)
    for _ in range(epochs):
        for x, label in zip(rows, d, strict=True):
            if np.where(w @ x >= 0, 1.0, -1.0) != label:
                w = w + label * x
    return w


if __name__ == "__main__":
    with threadpool_limits(1):
        main()
