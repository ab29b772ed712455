//! The kernels of `crates/gpu-probe/src/kernels`, computed on the CPU by name.
//!
//! Parameters and results are those that stand at the top of each `.cu` file. Where all threads
//! compute the same few values, they are computed once.

use crate::{
    Answer,
    card::Card,
    cuda::{INVALID_VALUE, MISALIGNED, NOT_FOUND, device_bytes, timeline},
};
use std::{
    ffi::c_void,
    sync::{Mutex, PoisonError},
};

/// Rounds and the bits of both factors.
type FmaKey = (u32, u32, u32);

const NAMES: [&str; 6] =
    ["altlas_smoke", "altlas_copy", "altlas_fill", "altlas_check", "altlas_fma", "altlas_tensor"];

/// The number of a kernel, from 1 on.
pub(crate) fn number(name: &str) -> Option<usize> {
    NAMES.iter().position(|known| *known == name).map(|at| at + 1)
}

/// Runs kernel `number` with so many threads in all.
pub(crate) fn run(
    card: &Card,
    number: usize,
    threads: u64,
    parameters: *mut *mut c_void,
) -> Answer {
    if parameters.is_null() {
        return Err(INVALID_VALUE);
    }
    match number {
        1 => smoke(card, parameters),
        2 => copy(card, parameters),
        3 => fill(card, parameters),
        4 => check(card, parameters),
        5 => fma(card, threads, parameters),
        6 => tensor(card, threads, parameters),
        _ => Err(NOT_FOUND),
    }
}

/// Parameter `at`.
fn parameter<T: Copy>(parameters: *mut *mut c_void, at: usize) -> T {
    // SAFETY: a launch hands in a pointer for each parameter that the kernel declares.
    unsafe { (*parameters.add(at)).cast::<T>().read_unaligned() }
}

/// `count` words of device memory.
fn words<'a>(address: u64, count: usize) -> Result<&'a mut [u32], u32> {
    words_of(device_bytes(address, count * 4)?)
}

fn words_of<T>(bytes: &mut [u8]) -> Result<&mut [T], u32> {
    // SAFETY: `T` is `u32` or `u64`, for which all bytes are valid.
    let (before, words, _) = unsafe { bytes.align_to_mut::<T>() };
    if before.is_empty() { Ok(words) } else { Err(MISALIGNED) }
}

/// Applies the faults of results: one flipped bit, or one value that is not a number.
fn spoil(card: &Card, name: &str, words: &mut [u32]) {
    let is_set = |key| card.text(key).is_some_and(|value| value == "1" || value == name);
    let middle = words.len() / 2;
    let Some(word) = words.get_mut(middle) else { return };
    if is_set("wrong_result") {
        *word ^= 1;
    }
    if is_set("nan_result") {
        *word = f32::NAN.to_bits();
    }
}

fn mix(x: u32) -> u32 {
    let x = (x ^ x >> 16).wrapping_mul(0x85eb_ca6b);
    let x = (x ^ x >> 13).wrapping_mul(0xc2b2_ae35);
    x ^ x >> 16
}

fn smoke(card: &Card, parameters: *mut *mut c_void) -> Answer {
    let (n, seed): (u32, u32) = (parameter(parameters, 1), parameter(parameters, 2));
    let out = words(parameter(parameters, 0), n as usize * 2)?;
    let (mixed, floats) = out.split_at_mut(n as usize);
    for (i, (mixed, float)) in (0..n).zip(mixed.iter_mut().zip(floats.iter_mut())) {
        *mixed = mix(mix(i.wrapping_add(seed)) ^ mix((i ^ 255).wrapping_add(seed)));
        let f = (*mixed >> 8) as f32 * 5.960_464_5e-8 + 1.0;
        *float = f.mul_add(f, 0.3).mul_add(0.7 + f, -f).to_bits();
    }
    spoil(card, "altlas_smoke", floats);
    timeline::spend_memory(card, n as usize * 8);
    Ok(())
}

fn copy(card: &Card, parameters: *mut *mut c_void) -> Answer {
    let bytes: u64 = parameter(parameters, 2);
    let bytes = usize::try_from(bytes).map_err(|_| INVALID_VALUE)?;
    let from = device_bytes(parameter(parameters, 1), bytes)?;
    let to = device_bytes(parameter(parameters, 0), bytes)?;
    to.copy_from_slice(from);
    spoil(card, "altlas_copy", words_of(to)?);
    timeline::spend_memory(card, bytes * 2);
    Ok(())
}

fn expected(i: u64, seed: u64, pattern: u32) -> u64 {
    let x = i.wrapping_add(seed);
    match pattern {
        0 => x,
        1 => !x,
        _ => {
            let x = x.wrapping_add(0x9e37_79b9_7f4a_7c15);
            let x = (x ^ x >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
            let x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
            x ^ x >> 31
        }
    }
}

/// The words that a memory kernel works on, its seed and its pattern.
fn memory<'a>(parameters: *mut *mut c_void) -> Result<(&'a mut [u64], u64, u32), u32> {
    let count: u64 = parameter(parameters, 1);
    let bytes = usize::try_from(count).map_err(|_| INVALID_VALUE)? * 8;
    let words = words_of(device_bytes(parameter(parameters, 0), bytes)?)?;
    Ok((words, parameter(parameters, 2), parameter(parameters, 3)))
}

fn fill(card: &Card, parameters: *mut *mut c_void) -> Answer {
    let (words, seed, pattern) = memory(parameters)?;
    for (i, word) in (0..).zip(words.iter_mut()) {
        *word = expected(i, seed, pattern);
    }
    let broken = card.number("memory_error").and_then(|offset| usize::try_from(offset / 8).ok());
    if let Some(word) = broken.and_then(|at| words.get_mut(at)) {
        *word ^= 1 << 13;
    }
    timeline::spend_memory(card, words.len() * 8);
    Ok(())
}

fn check(card: &Card, parameters: *mut *mut c_void) -> Answer {
    let (words, seed, pattern) = memory(parameters)?;
    let result = words_of::<u64>(device_bytes(parameter(parameters, 4), 16)?)?;
    for (i, word) in (0..).zip(words.iter()) {
        if *word != expected(i, seed, pattern) {
            result[0] += 1;
            result[1] = result[1].min(i);
        }
    }
    timeline::spend_memory(card, words.len() * 8);
    Ok(())
}

/// The result of one lane.
fn fma_lane(lane: u16, rounds: u32, a: f32, b: f32) -> f32 {
    let x: [f32; 8] = [1, 2, 3, 4, 5, 6, 7, 8].map(|chain: u16| {
        let mut x = f32::from(lane * 8 + chain) / 256.0;
        for _ in 0..u64::from(rounds) * 16 {
            let next = x.mul_add(a, b);
            // A chain that has come to rest stays there.
            if next.to_bits() == x.to_bits() {
                break;
            }
            x = next;
        }
        x
    });
    ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7]))
}

fn fma(card: &Card, threads: u64, parameters: *mut *mut c_void) -> Answer {
    static LAST: Mutex<Option<(FmaKey, [f32; 32])>> = Mutex::new(None);
    let (rounds, a, b): (u32, f32, f32) =
        (parameter(parameters, 1), parameter(parameters, 2), parameter(parameters, 3));
    let count = usize::try_from(threads).map_err(|_| INVALID_VALUE)?;
    let out = words(parameter(parameters, 0), count)?;
    let key = (rounds, a.to_bits(), b.to_bits());
    let mut last = LAST.lock().unwrap_or_else(PoisonError::into_inner);
    let lanes = match *last {
        Some((known, lanes)) if known == key => lanes,
        _ => {
            let mut lane = 0..32;
            [(); 32].map(|()| fma_lane(lane.next().unwrap_or(0), rounds, a, b))
        }
    };
    *last = Some((key, lanes));
    drop(last);
    for (thread, word) in out.iter_mut().enumerate() {
        *word = lanes[thread % 32].to_bits();
    }
    spoil(card, "altlas_fma", out);
    let operations = threads as f64 * f64::from(rounds) * 16.0 * 8.0 * 2.0;
    timeline::spend_arithmetic(card, operations, "fp32_per_multiprocessor", 2.0);
    Ok(())
}

/// Half precision to single.
fn half(bits: u16) -> f32 {
    let sign = if bits >> 15 == 1 { -1.0 } else { 1.0 };
    let fraction = f32::from(bits & 0x3ff) / 1024.0;
    match i32::from(bits >> 10 & 0x1f) {
        0 => sign * fraction * 2_f32.powi(-14),
        31 => f32::NAN,
        exponent => sign * (1.0 + fraction) * 2_f32.powi(exponent - 15),
    }
}

fn halves(address: u64, count: usize) -> Result<Vec<f32>, u32> {
    let bytes = device_bytes(address, count * 2)?;
    Ok(bytes.chunks_exact(2).map(|pair| half(u16::from_le_bytes([pair[0], pair[1]]))).collect())
}

fn tensor(card: &Card, threads: u64, parameters: *mut *mut c_void) -> Answer {
    let rounds: u32 = parameter(parameters, 3);
    let a = halves(parameter(parameters, 1), 256)?;
    let b = halves(parameter(parameters, 2), 4 * 256)?;
    let warps = usize::try_from(threads / 32).map_err(|_| INVALID_VALUE)?;
    let out = words(parameter(parameters, 0), warps * 256)?;
    let one: Vec<u32> = (0..256)
        .map(|at| {
            let (row, column) = (at / 16, at % 16);
            let sums = (0..16).map(|k| {
                let column_of = |matrix: usize| b[matrix * 256 + column * 16 + k];
                a[row * 16 + k] * (0..4).map(column_of).sum::<f32>()
            });
            (rounds as f32 * sums.sum::<f32>()).to_bits()
        })
        .collect();
    for warp in out.chunks_exact_mut(256) {
        warp.copy_from_slice(&one);
    }
    spoil(card, "altlas_tensor", out);
    let operations = warps as f64 * f64::from(rounds) * 4.0 * 4096.0 * 2.0;
    timeline::spend_arithmetic(card, operations, "tensor_per_multiprocessor", 1.0);
    Ok(())
}
