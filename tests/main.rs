//! The one integration test binary: starts the real program, and holds the rules of the house.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test fails by panicking")]

mod config;
mod doctor;
mod examples;
mod explain;
mod facts;
mod fault_matrix;
mod generated;
mod image_engine;
mod image_faults;
mod image_lock;
mod image_render;
mod image_solve;
mod interrupt;
mod kernels;
mod report;
mod support;
mod tidy;
