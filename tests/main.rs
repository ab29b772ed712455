//! tests

mod kernels;
