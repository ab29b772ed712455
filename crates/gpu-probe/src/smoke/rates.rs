//! How fast the GPU computes, with every result compared.

use super::{
    expected::{self, FMA_STEPS, Matrices},
    quick::Ready,
    samples::Samples,
    session::{BLOCK, Failed, Session, grid},
};
use std::sync::OnceLock;

const SAMPLES: usize = 3;
const LAUNCHES: u32 = 4;
const FMA_ROUNDS: u16 = 4096;
/// Near one, so that the chains keep on changing: they would settle at once with a smaller one.
const FMA_A: f32 = -0.999_999;
const FMA_B: f32 = 1.0;
/// A launch must end well within the two seconds after which a display driver resets the GPU, also
/// on a GPU that computes halves slowly and whose clocks are held down.
const TENSOR_ROUNDS: u16 = 4096;

/// Single precision.
pub(super) fn fp32(
    session: &Session<'_, '_, '_>,
    ready: &Ready,
    samples: &mut Samples,
) -> Result<(), Failed> {
    static LANES: OnceLock<Vec<f32>> = OnceLock::new();
    let lanes = LANES.get_or_init(|| expected::fma(u32::from(FMA_ROUNDS), FMA_A, FMA_B));

    session.stage("single precision rate");
    let blocks = grid(ready);
    let threads = blocks as usize * BLOCK as usize;
    session.with_memory(threads * 4, |out| {
        session.set_bytes(out, 0xff, threads * 4)?;
        let (a, b) = (u64::from(FMA_A.to_bits()), u64::from(FMA_B.to_bits()));
        let launch = || {
            let mut parameters = [out, u64::from(FMA_ROUNDS), a, b];
            session.launch(&session.kernels().fma, blocks, &mut parameters)
        };
        let steps = f64::from(FMA_ROUNDS) * f64::from(FMA_STEPS);
        let operations = f64::from(blocks) * f64::from(BLOCK) * steps * 8.0 * 2.0;
        measure(session, operations, samples, launch)?;
        samples.verify(expected::fma_is_right(&session.download(out, threads)?, lanes));
        Ok(())
    })
}

/// Tensor cores.
pub(super) fn tensor(
    session: &Session<'_, '_, '_>,
    ready: &Ready,
    samples: &mut Samples,
) -> Result<(), Failed> {
    let Some(kernel) = &session.kernels().tensor else { return Ok(()) };
    session.stage("tensor core rate");
    let matrices = Matrices::new();
    let halves = |numbers: &[i8]| numbers.iter().map(|n| expected::half_bits(*n)).collect();
    let (left, right): (Vec<u16>, Vec<u16>) = (halves(&matrices.a), halves(&matrices.b));

    let blocks = grid(ready);
    let warps = blocks * BLOCK / 32;
    let floats = warps as usize * 256;
    session.with_memory(floats * 4, |out| {
        session.with_memory((left.len() + right.len()) * 2, |a| {
            let b = a + left.len() as u64 * 2;
            session.set_bytes(out, 0xff, floats * 4)?;
            session.upload(a, &left)?;
            session.upload(b, &right)?;
            let launch = || {
                let mut parameters = [out, a, b, u64::from(TENSOR_ROUNDS)];
                session.launch(kernel, blocks, &mut parameters)
            };
            let multiplications = f64::from(warps) * f64::from(TENSOR_ROUNDS) * 4.0;
            measure(session, multiplications * 16.0 * 16.0 * 16.0 * 2.0, samples, launch)?;
            let product = matrices.product(TENSOR_ROUNDS);
            samples.verify(expected::tensor_is_right(&session.download(out, floats)?, &product));
            Ok(())
        })
    })
}

/// The first launch brings the clocks up and does not count.
fn measure(
    session: &Session<'_, '_, '_>,
    operations: f64,
    samples: &mut Samples,
    launch: impl Fn() -> Result<(), Failed>,
) -> Result<(), Failed> {
    launch()?;
    session.wait()?;
    for _ in 0..SAMPLES {
        let milliseconds = session.timed(|| (0..LAUNCHES).try_for_each(|_| launch()))?;
        samples.add(operations * f64::from(LAUNCHES), milliseconds);
    }
    Ok(())
}
