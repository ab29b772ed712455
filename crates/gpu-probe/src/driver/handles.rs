//! What the driver gives out, and the shape of a launch.
//!
//! Handles that the driver gives out cannot be made elsewhere, and a call that ends one takes it
//! by value, so that a dead handle is not used again.

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

/// A mark in a stream, with a time.
#[derive(Debug)]
pub(crate) struct Event(pub(super) usize);

/// An order of work. The default stream is [`Stream::DEFAULT`].
#[derive(Debug)]
pub(crate) struct Stream(pub(super) usize);

impl Stream {
    /// The stream that is used where none is named.
    pub(crate) const DEFAULT: Self = Self(0);
}

/// An address in the memory of a GPU.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct DevicePointer(pub(super) u64);

impl DevicePointer {
    /// The address as kernels take it: a parameter of eight bytes.
    pub(crate) fn address(self) -> u64 {
        self.0
    }

    /// The address `bytes` further.
    pub(crate) fn offset(self, bytes: u64) -> Self {
        Self(self.0.wrapping_add(bytes))
    }
}

/// Memory of the host that does not move, for fast copies.
#[derive(Debug)]
pub(crate) struct Pinned {
    pub(super) pointer: *mut u8,
    pub(super) bytes: usize,
}

impl Pinned {
    /// Its bytes. No copy into it may be under way.
    pub(crate) fn bytes(&self) -> &[u8] {
        // SAFETY: the driver allocated `bytes` bytes there, zeroed by `pinned`, freed only by value.
        unsafe { std::slice::from_raw_parts(self.pointer, self.bytes) }
    }

    /// Its bytes. No copy into or out of it may be under way.
    pub(crate) fn bytes_mut(&mut self) -> &mut [u8] {
        // SAFETY: as in `bytes`, and `self` is borrowed alone.
        unsafe { std::slice::from_raw_parts_mut(self.pointer, self.bytes) }
    }
}

/// The shape of a launch.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Launch {
    /// Blocks in x, y and z.
    pub(crate) blocks: [u32; 3],
    /// Threads of a block in x, y and z.
    pub(crate) threads: [u32; 3],
    /// Dynamic shared memory, in bytes.
    pub(crate) shared_bytes: u32,
}

impl Launch {
    /// A launch in one dimension without dynamic shared memory.
    pub(crate) fn linear(blocks: u32, threads: u32) -> Self {
        Self { blocks: [blocks, 1, 1], threads: [threads, 1, 1], shared_bytes: 0 }
    }
}
