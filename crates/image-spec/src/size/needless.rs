//! What a product could do without.

use crate::contents::name;
use serde::Serialize;

/// A kind of files that a product does not need to run.
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
pub struct Needless {
    /// What.
    pub what: &'static str,
    /// How to leave it out.
    pub how: &'static str,
    /// How many files.
    pub files: usize,
    /// Their size together.
    pub size: u64,
    /// The largest of them.
    pub example: Option<String>,
}

impl Needless {
    pub(super) fn hidden(size: u64) -> Self {
        Self {
            what: "files that a later layer hides",
            how: "remove them in the instruction that made them, or keep them in a cache mount",
            files: 0,
            size,
            example: None,
        }
    }
}

struct Family {
    what: &'static str,
    how: &'static str,
    has: fn(&str) -> bool,
}

/// A file belongs to the first of them that has it.
const FAMILIES: [Family; 8] = [
    Family {
        what: "package caches",
        how: "install with a cache mount, `--no-cache-dir`, or clean in the same instruction",
        has: |path| {
            let caches =
                ["/.cache/pip/", "/.cache/uv/", "var/cache/apt/", "var/cache/dnf/", "conda/pkgs/"];
            caches.iter().any(|cache| path.contains(cache))
        },
    },
    Family {
        what: "package lists",
        how: "`rm -rf /var/lib/apt/lists/*` in the same instruction, or a cache mount",
        has: |path| path.starts_with("var/lib/apt/lists/"),
    },
    Family {
        what: "profilers",
        how: "keep Nsight in an image of its own with `nsight = true`",
        has: |path| {
            path.contains("nsight-")
                || path.contains("/nsight")
                || path.starts_with("opt/nvidia/nsight")
        },
    },
    Family {
        what: "compilers",
        how: "build in a stage of its own and copy the result into a `base` or `runtime` image",
        has: |path| {
            let cuda = path.starts_with("usr/local/cuda")
                && (path.contains("/nvvm/") || path.contains("/bin/"));
            cuda || path.starts_with("usr/lib/gcc/") || path.starts_with("usr/libexec/gcc/")
        },
    },
    Family {
        what: "static libraries",
        how: "take a `base` or `runtime` image, which has none",
        has: |path| path.ends_with(".a") && (path.contains("/lib") || path.contains("lib64")),
    },
    Family {
        what: "headers",
        how: "take a `base` or `runtime` image, which has none",
        has: |path| {
            path.starts_with("usr/include/")
                || (path.starts_with("usr/local/cuda") && path.contains("/include/"))
        },
    },
    Family {
        what: "CUDA libraries of the system, beside those that Python packages bring",
        how: "take the `base` flavour: the wheels bring their own",
        // Only where both are there; see `of`.
        has: is_system_cuda,
    },
    Family {
        what: "documentation",
        how: "leave it out with `path-exclude` in /etc/dpkg/dpkg.cfg.d",
        has: |path| path.starts_with("usr/share/doc/") || path.starts_with("usr/share/man/"),
    },
];

fn is_system_cuda(path: &str) -> bool {
    let heads = [
        "libcublas",
        "libcufft",
        "libcurand",
        "libcusolver",
        "libcusparse",
        "libnpp",
        "libcudnn",
        "libnccl",
    ];
    let system = path.starts_with("usr/local/cuda") || path.starts_with("usr/lib/");
    system && !path.contains("-packages/") && heads.iter().any(|head| name(path).starts_with(head))
}

/// What there is of each family, by paths and sizes.
pub(super) fn of(files: &[(&str, u64)]) -> Vec<Needless> {
    let wheels = files.iter().any(|(path, _)| path.contains("-packages/nvidia/"));
    let mut found: Vec<Needless> = FAMILIES
        .iter()
        .map(|family| Needless {
            what: family.what,
            how: family.how,
            files: 0,
            size: 0,
            example: None,
        })
        .collect();
    let mut largest = [0; FAMILIES.len()];
    for (path, size) in files {
        let family = FAMILIES.iter().position(|family| (family.has)(path));
        let Some(index) = family.filter(|_| wheels || !is_system_cuda(path)) else { continue };
        let (Some(one), Some(most)) = (found.get_mut(index), largest.get_mut(index)) else {
            continue;
        };
        one.files += 1;
        one.size += size;
        if *size >= *most {
            *most = *size;
            one.example = Some((*path).to_owned());
        }
    }
    found.retain(|one| one.size > 0);
    found
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tells_the_families_apart() {
        let check = |path: &str, expected: Option<&str>| {
            let wheel = ("opt/venv/lib/python3.11/site-packages/nvidia/cublas/lib/libcublas.so", 0);
            let got = of(&[(path, 1), wheel]);
            assert_eq!(got.first().map(|one| one.what), expected, "{path}");
        };
        check("root/.cache/pip/http/a", Some("package caches"));
        check("var/lib/apt/lists/x_Packages", Some("package lists"));
        check("opt/nvidia/nsight-compute/2024.3/ncu", Some("profilers"));
        check("usr/local/cuda-12.6/nvvm/bin/cicc", Some("compilers"));
        check(
            "usr/local/cuda-12.6/targets/x86_64-linux/lib/libcublas_static.a",
            Some("static libraries"),
        );
        check("usr/local/cuda-12.6/targets/x86_64-linux/include/cuda.h", Some("headers"));
        check(
            "usr/local/cuda-12.6/targets/x86_64-linux/lib/libcublas.so.12.6.4.1",
            Some("CUDA libraries of the system, beside those that Python packages bring"),
        );
        check("app/main.py", None);
        check("opt/venv/lib/python3.11/site-packages/torch/lib/libtorch.so", None);
    }
}
