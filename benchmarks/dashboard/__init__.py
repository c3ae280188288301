"""The stage's dashboard as a picture."""
