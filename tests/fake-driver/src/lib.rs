//! A stand-in for `libnvidia-ml.so.1` and `libcuda.so.1`.
