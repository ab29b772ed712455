//! The CUDA driver: memory. Device and pinned memory are pages of this process, taken when touched.

use super::{ILLEGAL_ADDRESS, INVALID_VALUE, OUT_OF_MEMORY, context::current, exports, timeline};
use crate::{Answer, card::Card, put};
use std::{
    collections::BTreeMap,
    ffi::{c_int, c_uint, c_void},
    sync::{Mutex, MutexGuard, PoisonError},
};

/// An address in the memory of a GPU.
type Address = u64;

/// What was given out: length, and the GPU, or none for pinned memory of the host.
static GIVEN: Mutex<BTreeMap<Address, (usize, Option<u32>)>> = Mutex::new(BTreeMap::new());

unsafe extern "C" {
    fn mmap(
        at: *mut c_void,
        length: usize,
        access: c_int,
        flags: c_int,
        file: c_int,
        offset: i64,
    ) -> *mut c_void;
    fn munmap(at: *mut c_void, length: usize) -> c_int;
}

/// `PROT_READ | PROT_WRITE`.
const READ_WRITE: c_int = 3;
/// `MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE`.
const LAZY: c_int = 0x4022;

fn given() -> MutexGuard<'static, BTreeMap<Address, (usize, Option<u32>)>> {
    GIVEN.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Free and total bytes.
fn room(card: &Card) -> (u64, u64) {
    let held: usize = given()
        .values()
        .filter(|(_, gpu)| *gpu == Some(card.index))
        .map(|(length, _)| length)
        .sum();
    let of = |key| card.number(key).unwrap_or(0) << 20;
    let free = of("free_mib").saturating_sub(held as u64);
    (free, of(super::mig_or(card, "mig_memory_mib", "memory_mib")))
}

fn take(length: usize, gpu: Option<u32>) -> Result<Address, u32> {
    if length == 0 {
        return Err(INVALID_VALUE);
    }
    // SAFETY: an anonymous mapping at an address of the kernel's choice touches nothing of ours.
    let at = unsafe { mmap(std::ptr::null_mut(), length, READ_WRITE, LAZY, -1, 0) };
    if at.addr() == usize::MAX {
        return Err(OUT_OF_MEMORY);
    }
    let address = at.expose_provenance() as u64;
    given().insert(address, (length, gpu));
    Ok(address)
}

fn give_back(address: Address) -> Answer {
    if address == 0 {
        return Ok(());
    }
    let (length, _) = given().remove(&address).ok_or(INVALID_VALUE)?;
    // SAFETY: `take` mapped exactly this, and it is no longer in the list.
    unsafe { munmap(host_pointer(address).cast(), length) };
    Ok(())
}

fn allocate(out: *mut Address, length: usize) -> Answer {
    let card = current()?;
    if length as u64 > room(card).0 {
        return Err(OUT_OF_MEMORY);
    }
    put(out, take(length, Some(card.index))?, INVALID_VALUE)
}

fn allocate_pinned(out: *mut *mut c_void, length: usize) -> Answer {
    current()?;
    put(out, host_pointer(take(length, None)?).cast(), INVALID_VALUE)
}

#[expect(clippy::cast_possible_truncation, reason = "an address of this process is a usize")]
fn host_pointer(address: Address) -> *mut u8 {
    std::ptr::with_exposed_provenance_mut(address as usize)
}

/// Whether the range was given out, and as what.
fn owner(address: Address, length: usize) -> Option<Option<u32>> {
    let given = given();
    let (start, (whole, gpu)) = given.range(..=address).next_back()?;
    (address - start + length as u64 <= *whole as u64).then_some(*gpu)
}

/// The bytes behind an address that a program may touch on a GPU.
pub(crate) fn device_bytes<'a>(address: Address, length: usize) -> Result<&'a mut [u8], u32> {
    owner(address, length).ok_or(ILLEGAL_ADDRESS)?;
    // SAFETY: the range is mapped for reading and writing. As on a GPU, the program is to keep
    // kernels and copies that touch the same bytes apart.
    Ok(unsafe { std::slice::from_raw_parts_mut(host_pointer(address), length) })
}

fn copy(to: *mut u8, from: *const u8, length: usize) -> Answer {
    if to.is_null() || from.is_null() {
        return Err(INVALID_VALUE);
    }
    // SAFETY: device ranges were checked, and a caller owns the host range it names.
    unsafe { std::ptr::copy(from, to, length) };
    Ok(())
}

fn to_device(to: Address, from: *const c_void, length: usize) -> Answer {
    let pinned = owner(from.expose_provenance() as u64, length).is_some();
    timeline::spend_transfer(current()?, length, pinned);
    copy(device_bytes(to, length)?.as_mut_ptr(), from.cast(), length)
}

fn to_host(to: *mut c_void, from: Address, length: usize) -> Answer {
    let pinned = owner(to.expose_provenance() as u64, length).is_some();
    timeline::spend_transfer(current()?, length, pinned);
    copy(to.cast(), device_bytes(from, length)?.as_ptr(), length)
}

fn within_device(to: Address, from: Address, length: usize) -> Answer {
    timeline::spend_memory(current()?, length * 2);
    copy(device_bytes(to, length)?.as_mut_ptr(), device_bytes(from, length)?.as_ptr(), length)
}

fn set(to: Address, pattern: &[u8], count: usize) -> Answer {
    timeline::spend_memory(current()?, count * pattern.len());
    for element in device_bytes(to, count * pattern.len())?.chunks_exact_mut(pattern.len()) {
        element.copy_from_slice(pattern);
    }
    Ok(())
}

exports! {
    fn cuMemGetInfo_v2(free: *mut usize, total: *mut usize) {
        let (unused, all) = room(current()?);
        put(free, usize::try_from(unused).map_err(|_| 999_u32)?, INVALID_VALUE)?;
        put(total, usize::try_from(all).map_err(|_| 999_u32)?, INVALID_VALUE)
    }
    fn cuMemAlloc_v2(out: *mut Address, length: usize) { allocate(out, length) }
    fn cuMemAllocAsync(out: *mut Address, length: usize, _stream: *mut c_void) {
        allocate(out, length)
    }
    fn cuMemFree_v2(address: Address) { give_back(address) }
    fn cuMemFreeAsync(address: Address, _stream: *mut c_void) { give_back(address) }
    fn cuMemHostAlloc(out: *mut *mut c_void, length: usize, _flags: c_uint) {
        allocate_pinned(out, length)
    }
    fn cuMemAllocHost_v2(out: *mut *mut c_void, length: usize) { allocate_pinned(out, length) }
    fn cuMemFreeHost(pointer: *mut c_void) { give_back(pointer.expose_provenance() as u64) }
    fn cuMemcpyHtoD_v2(to: Address, from: *const c_void, length: usize) {
        to_device(to, from, length)
    }
    fn cuMemcpyHtoDAsync_v2(
        to: Address, from: *const c_void, length: usize, _stream: *mut c_void,
    ) {
        to_device(to, from, length)
    }
    fn cuMemcpyDtoH_v2(to: *mut c_void, from: Address, length: usize) { to_host(to, from, length) }
    fn cuMemcpyDtoHAsync_v2(to: *mut c_void, from: Address, length: usize, _stream: *mut c_void) {
        to_host(to, from, length)
    }
    fn cuMemcpyDtoD_v2(to: Address, from: Address, length: usize) {
        within_device(to, from, length)
    }
    fn cuMemcpyDtoDAsync_v2(to: Address, from: Address, length: usize, _stream: *mut c_void) {
        within_device(to, from, length)
    }
    fn cuMemsetD8_v2(to: Address, value: u8, count: usize) { set(to, &[value], count) }
    fn cuMemsetD8Async(to: Address, value: u8, count: usize, _stream: *mut c_void) {
        set(to, &[value], count)
    }
    fn cuMemsetD32_v2(to: Address, value: c_uint, count: usize) {
        set(to, &value.to_ne_bytes(), count)
    }
    fn cuMemsetD32Async(to: Address, value: c_uint, count: usize, _stream: *mut c_void) {
        set(to, &value.to_ne_bytes(), count)
    }
}
