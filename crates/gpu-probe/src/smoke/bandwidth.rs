//! How fast memory is: inside the GPU, and between the host and the GPU.

use super::{
    expected,
    memory::{Filled, fill, wrong_words},
    quick::Ready,
    samples::Samples,
    session::{Failed, Session, grid},
};
use std::{
    sync::{Mutex, MutexGuard, TryLockError},
    time::{Duration, Instant},
};

const MIB: usize = 1 << 20;
/// Larger than any cache.
const DEVICE_BUFFER: usize = 512 * MIB;
const SMALLEST_DEVICE_BUFFER: usize = 16 * MIB;
const HOST_BUFFER: usize = 64 * MIB;
const SAMPLES: usize = 3;
/// Copies a sample, so that the start of the first does not count.
const COPIES: u32 = 8;
const HOST_COPIES: u32 = 4;
/// How long to wait for the copies of other GPUs, which take a twentieth of a second each.
const LONGEST_WAIT: Duration = Duration::from_secs(5);

/// Copies inside the GPU's memory, and compares what arrived.
pub(super) fn device(
    session: &Session<'_, '_, '_>,
    ready: &Ready,
    seed: u64,
    samples: &mut Samples,
) -> Result<(), Failed> {
    session.stage("device memory bandwidth");
    let bytes = buffer_bytes(session.free_bytes()?, DEVICE_BUFFER);
    if bytes < SMALLEST_DEVICE_BUFFER {
        return Err(Failed::no_room());
    }
    session.with_memory(bytes, |from| {
        session.with_memory(bytes, |to| {
            fill(session, ready, random(from, bytes, seed))?;
            session.set_bytes(to, 0xff, bytes)?;
            let copy = || {
                let mut parameters = [to, from, bytes as u64];
                session.launch(&session.kernels().copy, grid(ready), &mut parameters)
            };
            copy()?;
            session.wait()?;
            for _ in 0..SAMPLES {
                let milliseconds = session.timed(|| (0..COPIES).try_for_each(|_| copy()))?;
                samples.add(read_and_written(bytes, COPIES), milliseconds);
            }
            samples.verify(wrong_words(session, ready, random(to, bytes, seed))?.0 == 0);
            Ok(())
        })
    })
}

/// Copies from pinned memory of the host and back to it, and compares what arrived.
pub(super) fn host(
    session: &Session<'_, '_, '_>,
    ready: &Ready,
    seed: u64,
    to_device: &mut Samples,
    to_host: &mut Samples,
) -> Result<(), Failed> {
    session.stage("host to device bandwidth");
    let bytes = buffer_bytes(session.free_bytes()?, HOST_BUFFER);
    if bytes == 0 {
        return Err(Failed::no_room());
    }
    session.with_memory(bytes, |device| {
        session.with_pinned(bytes / 8, |host| {
            for (i, word) in (0..).zip(host.iter_mut()) {
                *word = expected::random_word(i, seed);
            }
            session.set_bytes(device, 0xff, bytes)?;
            let turn = turn_on_the_bus();
            for _ in 0..SAMPLES {
                let copies =
                    || (0..HOST_COPIES).try_for_each(|_| session.start_upload(device, host));
                let milliseconds = session.timed(copies)?;
                to_device.add(moved(bytes, HOST_COPIES), milliseconds);
            }
            drop(turn);
            to_device.verify(wrong_words(session, ready, random(device, bytes, seed))?.0 == 0);

            session.stage("device to host bandwidth");
            let other = !seed;
            fill(session, ready, random(device, bytes, other))?;
            session.wait()?;
            host.fill(0);
            let turn = turn_on_the_bus();
            for _ in 0..SAMPLES {
                let milliseconds = session.timed(|| {
                    (0..HOST_COPIES).try_for_each(|_| session.start_download(host, device))
                })?;
                to_host.add(moved(bytes, HOST_COPIES), milliseconds);
            }
            drop(turn);
            let right = |(i, word): (u64, &u64)| *word == expected::random_word(i, other);
            to_host.verify((0..).zip(host.iter()).all(right));
            Ok(())
        })
    })
}

/// GPUs that hang on the same PCIe switch share its way to the processor, so that they copy one
/// after the other. A GPU that hangs meanwhile does not hold up the others for ever.
fn turn_on_the_bus() -> Option<MutexGuard<'static, ()>> {
    static BUS: Mutex<()> = Mutex::new(());
    let began = Instant::now();
    while began.elapsed() < LONGEST_WAIT {
        match BUS.try_lock() {
            Ok(turn) => return Some(turn),
            Err(TryLockError::Poisoned(turn)) => return Some(turn.into_inner()),
            Err(TryLockError::WouldBlock) => std::thread::sleep(Duration::from_millis(1)),
        }
    }
    None
}

/// The random pattern.
fn random(at: u64, bytes: usize, seed: u64) -> Filled {
    Filled { at, words: bytes as u64 / 8, seed, pattern: 2 }
}

/// At most a quarter of what is free, in whole MiB.
fn buffer_bytes(free: usize, wished: usize) -> usize {
    wished.min(free / 4) / MIB * MIB
}

#[expect(clippy::cast_precision_loss, reason = "far below 2^53")]
fn moved(bytes: usize, copies: u32) -> f64 {
    bytes as f64 * f64::from(copies)
}

fn read_and_written(bytes: usize, copies: u32) -> f64 {
    2.0 * moved(bytes, copies)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bus_is_handed_on() {
        for _ in 0..2 {
            assert!(turn_on_the_bus().is_some());
        }
    }

    #[test]
    fn buffers_leave_room() {
        assert_eq!(buffer_bytes(80_000 * MIB, DEVICE_BUFFER), DEVICE_BUFFER);
        assert_eq!(buffer_bytes(400 * MIB + 5, DEVICE_BUFFER), 100 * MIB);
        assert_eq!(buffer_bytes(3 * MIB, HOST_BUFFER), 0);
    }
}
