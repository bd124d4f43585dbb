//! Several studies or contexts seen together.
