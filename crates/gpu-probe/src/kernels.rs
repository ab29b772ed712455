//! The kernels of the smoke test, as PTX for every GPU and one of them also as machine code.
//!
//! They are written in CUDA C (`kernels/*.cu`, each with its parameters and the exact result at
//! the top); the PTX and the cubins beside them are generated and committed, and
//! `tests/kernels.rs` makes them again and compares. The PTX says an old `.version`, so that old
//! drivers compile it too.
//!
//! | kernel | parameters | launched as |
//! |---|---|---|
//! | `altlas_smoke` | `u32 *out, u32 n, u32 seed` | `n / 256` blocks of 256 |
//! | `altlas_copy` | `u8 *to, const u8 *from, u64 bytes` | any |
//! | `altlas_fill` | `u64 *words, u64 count, u64 seed, u32 pattern` | any |
//! | `altlas_check` | `const u64 *words, u64 count, u64 seed, u32 pattern, u64 *result` | any |
//! | `altlas_fma` | `f32 *out, u32 rounds, f32 a, f32 b` | blocks of whole warps, at most 256 |
//! | `altlas_tensor` | `f32 *out, const f16 *a, const f16 *b, u32 rounds` | as `altlas_fma` |

use cuda_compat::ComputeCapability;

/// The quick kernel.
pub(crate) const SMOKE_PTX: &str = include_str!("kernels/smoke.ptx");
/// Copies inside the GPU's memory.
pub(crate) const COPY_PTX: &str = include_str!("kernels/copy.ptx");
/// Fills and checks memory.
pub(crate) const MEMORY_PTX: &str = include_str!("kernels/memory.ptx");
/// Single precision multiply-adds.
pub(crate) const FMA_PTX: &str = include_str!("kernels/fma.ptx");
/// Tensor cores, for compute capability 7.0 and newer.
pub(crate) const TENSOR_PTX: &str = include_str!("kernels/tensor.ptx");

/// The cubin of the quick kernel that runs on the GPU: the one that was built for its capability,
/// or else for the nearest older one of the same major number, which is what NVIDIA promises to
/// run. `None` for a GPU that no cubin fits.
pub(crate) fn smoke_cubin(capability: ComputeCapability) -> Option<&'static [u8]> {
    let fits = |built: &ComputeCapability| {
        built.major == capability.major && built.minor <= capability.minor
    };
    SMOKE_CUBINS.iter().rev().find(|(built, _)| fits(built)).map(|(_, cubin)| *cubin)
}

macro_rules! cubin {
    ($major:literal, $minor:literal, $file:literal) => {
        (
            ComputeCapability::new($major, $minor),
            include_bytes!(concat!("kernels/smoke/sm_", $file, ".cubin")) as &[u8],
        )
    };
}

/// The quick kernel for each compute capability from 5.0 to 12.1; sorted. 10.1 is what 11.0 was
/// called before CUDA 13.
const SMOKE_CUBINS: &[(ComputeCapability, &[u8])] = &[
    cubin!(5, 0, "50"),
    cubin!(5, 2, "52"),
    cubin!(5, 3, "53"),
    cubin!(6, 0, "60"),
    cubin!(6, 1, "61"),
    cubin!(6, 2, "62"),
    cubin!(7, 0, "70"),
    cubin!(7, 2, "72"),
    cubin!(7, 5, "75"),
    cubin!(8, 0, "80"),
    cubin!(8, 6, "86"),
    cubin!(8, 7, "87"),
    cubin!(8, 8, "88"),
    cubin!(8, 9, "89"),
    cubin!(9, 0, "90"),
    cubin!(10, 0, "100"),
    cubin!(10, 1, "101"),
    cubin!(10, 3, "103"),
    cubin!(11, 0, "110"),
    cubin!(12, 0, "120"),
    cubin!(12, 1, "121"),
];

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fitting_cubin_is_chosen() {
        let check = |capability: &str, built_for: Option<&str>| {
            let built = |capability: ComputeCapability| {
                SMOKE_CUBINS.iter().find(|(built, _)| *built == capability).map(|(_, cubin)| *cubin)
            };
            let expected = built_for.map(|text| built(text.parse().unwrap()).unwrap());
            assert_eq!(smoke_cubin(capability.parse().unwrap()), expected, "{capability}");
        };
        check("5.0", Some("5.0"));
        check("8.6", Some("8.6"));
        check("8.3", Some("8.0"));
        check("9.0", Some("9.0"));
        check("12.1", Some("12.1"));
        check("12.9", Some("12.1"));
        check("3.5", None);
        check("13.0", None);
    }

    #[test]
    fn cubins_are_sorted_elf_files_and_small() {
        assert!(SMOKE_CUBINS.is_sorted_by_key(|(built, _)| *built));
        assert!(SMOKE_CUBINS.iter().all(|(_, cubin)| cubin.starts_with(b"\x7fELF")));
        let bytes: usize = SMOKE_CUBINS.iter().map(|(_, cubin)| cubin.len()).sum();
        assert!(bytes < 100_000, "{bytes}");
    }

    #[test]
    fn ptx_is_old_enough_for_old_drivers() {
        for ptx in [SMOKE_PTX, COPY_PTX, MEMORY_PTX, FMA_PTX] {
            assert!(ptx.contains("\n.version 6.0\n.target sm_50\n"));
        }
        assert!(TENSOR_PTX.contains("\n.version 6.3\n.target sm_70\n"));
        for ptx in [SMOKE_PTX, COPY_PTX, MEMORY_PTX, FMA_PTX, TENSOR_PTX] {
            assert!(!ptx.contains('\0'), "the driver reads PTX up to the first zero byte");
        }
    }
}
