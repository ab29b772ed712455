//! What the kernels must have written, computed on the CPU.
//!
//! Each function repeats one kernel of `kernels/*.cu` bit for bit: whole numbers wrap, and floats
//! are rounded to nearest after each operation on both sides.

use crate::KernelRun;

/// How many multiply-adds a chain of `altlas_fma` does in one of its rounds.
pub(super) const FMA_STEPS: u32 = 16;

fn mix(x: u32) -> u32 {
    let x = (x ^ (x >> 16)).wrapping_mul(0x85eb_ca6b);
    let x = (x ^ (x >> 13)).wrapping_mul(0xc2b2_ae35);
    x ^ (x >> 16)
}

/// Both results of `altlas_smoke` for element `i`.
pub(super) fn smoke(i: u32, seed: u32) -> (u32, f32) {
    let own = mix(i.wrapping_add(seed));
    let other = mix((i ^ 255).wrapping_add(seed));
    let mixed = mix(own ^ other);
    // The 24 bits that are left fit a float exactly.
    #[expect(clippy::cast_precision_loss, reason = "at most 24 bits")]
    let f = (mixed >> 8) as f32 * (1.0 / 16_777_216.0) + 1.0;
    (mixed, f.mul_add(f, 0.3).mul_add(0.7 + f, -f))
}

/// Compares all that `altlas_smoke` wrote: `n` whole numbers, then `n` floats.
pub(super) fn compare_smoke(words: &[u32], seed: u32, milliseconds: f64) -> KernelRun {
    let (integers, floats) = words.split_at(words.len() / 2);
    let (mut wrong, mut first) = (0_u64, None);
    let mut note = |index: u64, expected: String, got: String| {
        wrong += 1;
        if first.as_ref().is_none_or(|(known, _, _)| index < *known) {
            first = Some((index, expected, got));
        }
    };
    for (i, (integer, float)) in (0_u32..).zip(integers.iter().zip(floats)) {
        let (expected_integer, expected_float) = smoke(i, seed);
        if *integer != expected_integer {
            note(u64::from(i), format!("{expected_integer:#010x}"), format!("{integer:#010x}"));
        }
        if *float != expected_float.to_bits() {
            let got = f32::from_bits(*float);
            note(u64::from(i) + integers.len() as u64, expected_float.to_string(), got.to_string());
        }
    }
    let elements = words.len() as u64;
    match first {
        None => KernelRun::Correct { elements, milliseconds },
        Some((first, expected, got)) => KernelRun::Wrong { elements, wrong, first, expected, got },
    }
}

/// The 32 results of `altlas_fma`, one a lane.
pub(super) fn fma(rounds: u32, a: f32, b: f32) -> Vec<f32> {
    let lane = |lane: u16| {
        let mut x =
            [0_u16, 1, 2, 3, 4, 5, 6, 7].map(|chain| f32::from(lane * 8 + chain + 1) / 256.0);
        for _ in 0..rounds.saturating_mul(FMA_STEPS) {
            x = x.map(|x| x.mul_add(a, b));
        }
        ((x[0] + x[1]) + (x[2] + x[3])) + ((x[4] + x[5]) + (x[6] + x[7]))
    };
    (0..32).map(lane).collect()
}

/// Whether every thread of `altlas_fma` wrote the result of its lane.
pub(super) fn fma_is_right(got: &[f32], lanes: &[f32]) -> bool {
    let same = |(got, expected): (&f32, &f32)| got.to_bits() == expected.to_bits();
    !got.is_empty() && got.iter().zip(lanes.iter().cycle()).all(same)
}

/// The matrices that `altlas_tensor` multiplies: small whole numbers, in half precision.
pub(super) struct Matrices {
    /// One matrix, row after row.
    pub(super) a: Vec<i8>,
    /// Four matrices, each column after column.
    pub(super) b: Vec<i8>,
}

impl Matrices {
    /// Fixed numbers from -2 to 2 without a pattern that an error could hide behind.
    pub(super) fn new() -> Self {
        let number = |i: u32| [-2, -1, 0, 1, 2][(mix(i) % 5) as usize];
        Self { a: (0..256).map(number).collect(), b: (256..1280).map(number).collect() }
    }

    /// What each warp of `altlas_tensor` must write, row after row.
    pub(super) fn product(&self, rounds: u16) -> Vec<f32> {
        let element = |row: usize, column: usize| {
            let sum: i32 = (0..4 * 16)
                .map(|i| {
                    let (matrix, k) = (i / 16, i % 16);
                    let right = self.b[matrix * 256 + column * 16 + k];
                    i32::from(self.a[row * 16 + k]) * i32::from(right)
                })
                .sum();
            // At most 4 * 16 * 4: exact, and the product with `rounds` below 2^24 too.
            f32::from(i16::try_from(sum).unwrap_or(i16::MAX)) * f32::from(rounds)
        };
        (0..256).map(|i| element(i / 16, i % 16)).collect()
    }
}

/// The bits of a small whole number in half precision.
pub(super) fn half_bits(number: i8) -> u16 {
    let magnitude = match number.unsigned_abs() {
        0 => 0,
        1 => 0x3c00,
        _ => 0x4000,
    };
    if number < 0 { magnitude | 0x8000 } else { magnitude }
}

/// Whether every warp wrote the product.
pub(super) fn tensor_is_right(got: &[f32], product: &[f32]) -> bool {
    #[expect(clippy::float_cmp, reason = "whole numbers below 2^24")]
    let same = |(got, expected): (&f32, &f32)| got == expected;
    !got.is_empty() && got.iter().zip(product.iter().cycle()).all(same)
}

/// Word `i` of the random pattern of `altlas_fill`.
pub(super) fn random_word(i: u64, seed: u64) -> u64 {
    let x = i.wrapping_add(seed).wrapping_add(0x9e37_79b9_7f4a_7c15);
    let x = (x ^ (x >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
    let x = (x ^ (x >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
    x ^ (x >> 31)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn right(n: u32, seed: u32) -> Vec<u32> {
        let integers = (0..n).map(|i| smoke(i, seed).0);
        integers.chain((0..n).map(|i| smoke(i, seed).1.to_bits())).collect()
    }

    #[test]
    fn right_results_are_correct() {
        let run = compare_smoke(&right(512, 7), 7, 0.5);
        assert_eq!(run, KernelRun::Correct { elements: 1024, milliseconds: 0.5 });
    }

    #[test]
    fn wrong_results_are_shown() {
        let check = |index: usize, value: u32, first: u64, expected: &str, got: &str| {
            let mut words = right(256, 1);
            words[index] = value;
            let (expected, got) = (expected.to_owned(), got.to_owned());
            assert_eq!(
                compare_smoke(&words, 1, 0.5),
                KernelRun::Wrong { elements: 512, wrong: 1, first, expected, got }
            );
        };
        let integer = format!("{:#010x}", smoke(3, 1).0);
        check(3, 0, 3, &integer, "0x00000000");
        let float = smoke(5, 1).1.to_string();
        check(256 + 5, f32::NAN.to_bits(), 261, &float, "NaN");
    }

    #[test]
    fn the_first_of_all_wrong_results_is_shown() {
        let run = compare_smoke(&vec![0xffff_ffff; 512], 1, 0.5);
        let KernelRun::Wrong { wrong, first, .. } = run else { panic!("{run:?}") };
        assert_eq!((wrong, first), (512, 0));
    }

    #[test]
    fn nothing_at_all_is_not_right() {
        assert!(!fma_is_right(&[], &[1.0]));
        assert!(!tensor_is_right(&[], &[1.0]));
    }

    #[test]
    fn multiply_adds_stay_finite_and_differ_by_lane() {
        let lanes = fma(4, -0.999_999, 1.0);
        assert_eq!(lanes.len(), 32);
        assert!(lanes.iter().all(|lane| lane.is_finite()));
        assert!(lanes[0] != lanes[31]);
        assert!(fma_is_right(&[lanes.clone(), lanes.clone()].concat(), &lanes));
        let mut wrong = [lanes.clone(), lanes.clone()].concat();
        wrong[40] = f32::NAN;
        assert!(!fma_is_right(&wrong, &lanes));
    }

    #[test]
    fn the_tensor_product_is_exact() {
        let product = Matrices::new().product(1);
        assert!(product.iter().any(|value| *value != 0.0));
        assert!(product.iter().all(|value| value.abs() <= 256.0));
        let many = Matrices::new().product(u16::MAX);
        assert!(many.iter().all(|value| value.abs() < 16_777_216.0));
        assert!(!tensor_is_right(&[f32::NAN; 256], &product));
    }

    #[test]
    fn halves() {
        assert_eq!([-2, -1, 0, 1, 2].map(half_bits), [0xc000, 0xbc00, 0, 0x3c00, 0x4000]);
    }
}
