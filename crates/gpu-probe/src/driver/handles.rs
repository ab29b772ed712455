//! What the driver gives out.
//!
//! A handle cannot be made elsewhere, and a call that ends one takes it by value, so that a dead
//! handle is not used again.

use std::ffi::c_int;

/// A device, by CUDA's number.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Device(pub(super) c_int);

/// The primary context of a device.
#[derive(Debug)]
pub(crate) struct Context(pub(super) usize, pub(super) Device);

/// A loaded cubin or compiled PTX.
#[derive(Debug)]
pub(crate) struct Module(pub(super) usize);

/// A kernel in a [`Module`]; of use only while the module is loaded.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Function(pub(super) usize);

/// An address in the memory of a GPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DevicePointer(pub(super) u64);

impl DevicePointer {
    /// The address as kernels take it: a parameter of eight bytes.
    pub(crate) fn address(self) -> u64 {
        self.0
    }
}
