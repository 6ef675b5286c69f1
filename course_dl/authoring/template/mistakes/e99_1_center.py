"""Wrong answers to exercise 99.1 that students write, and what to tell them."""

from course_dl.lab import mistake


@mistake("99.1", "You took one mean over all of X; every feature has a mean of its own.")
def center__one_mean(X):
    return X - X.mean()


@mistake("99.1", "You took the mean of each sample over its features; take it over the samples.")
def center__other_axis(X):
    return X - X.mean(dim=1, keepdim=True)


@mistake("99.1", "You divided by the standard deviation as well; only the mean is to go.")
def center__standardized(X):
    return (X - X.mean(dim=0)) / X.std(dim=0, correction=0)


@mistake("99.1", "You added the mean; subtract it.")
def center__added(X):
    return X + X.mean(dim=0)
