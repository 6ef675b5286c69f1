"""The checks of a small lab: a function, a derivative by hand, a class, a callback, a library ban."""
