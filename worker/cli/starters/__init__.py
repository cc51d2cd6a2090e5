"""The files that `backmark init` writes: `NAME.in` is NAME, but for the words between two @."""
