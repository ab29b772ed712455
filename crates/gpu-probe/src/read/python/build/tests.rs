//! Build files of real packages, and what versions and names say.

use super::*;
use crate::Reading::{Absent, Found};
use proptest::prelude::*;

fn shown(cuda: &Reading<CudaVersion>) -> String {
    match cuda {
        Found(version) => version.to_string(),
        Absent => "absent".to_owned(),
        Reading::Unknown(_) => "unknown".to_owned(),
    }
}

fn list(architectures: &Reading<Vec<ComputeCapability>>) -> Option<String> {
    let list = architectures.found()?;
    Some(list.iter().map(ToString::to_string).collect::<Vec<_>>().join(" "))
}

#[test]
fn reads_assignments() {
    let check = |text: &str, expected: &str| {
        assert_eq!(shown(&parse_assignments(text).cuda), expected, "{text}");
    };
    let torch = "from typing import Optional\n\n__all__ = ['__version__', 'debug', 'cuda']\n\
        __version__ = '2.9.1+cu126'\ndebug = False\ncuda: Optional[str] = '12.6'\n\
        git_version = '5811a8d7da873dd699ff6687092c225caffcf1bb'\nhip: Optional[str] = None\n";
    check(torch, "12.6");
    check(&torch.replace("'12.6'", "None"), "absent");
    check(
        "package_name = \"onnxruntime-gpu\"\ncuda_version = \"12.6\"\ncudnn_version = \"9.5.0\"",
        "12.6",
    );
    check("cuda_version     = '11.8'\ncudnn_version    = '8.6.0'\n", "11.8");
    check("cuda_version = 'False'", "absent");
    check("if _check_cuda_version() > 0:\n    cuda = _check_cuda_version()", "unknown");
    check("__version__ = '0.29.2+cu132'\nif _check() > 0:\n    cuda = _check()", "13.2");
    check("__version__ = '0.29.2'", "unknown");
    check("cuda_versions = '12.6'", "unknown");
    check("", "unknown");
}

#[test]
fn reads_tensorflow() {
    let check = |text: &str, cuda: &str, architectures: Option<&str>| {
        let got = parse_tensorflow(text);
        assert_eq!(shown(&got.cuda), cuda, "{text}");
        assert_eq!(list(&got.architectures).as_deref(), architectures, "{text}");
    };
    let gpu = "import collections\nbuild_info = collections.OrderedDict([('cpu_compiler', \
        '/usr/lib/llvm-18/bin/clang'), ('cuda_compute_capabilities', ['sm_60', 'sm_70', 'sm_80', \
        'sm_89', 'compute_90']), ('cuda_version', '12.5.1'), ('cudnn_version', '9'), \
        ('is_cuda_build', True), ('is_rocm_build', False), ('is_tensorrt_build', False)])\n";
    check(gpu, "12.5.1", Some("6.0 7.0 8.0 8.9 9.0"));
    check("build_info = {'is_cuda_build': False, 'is_rocm_build': False}", "absent", None);
    check("('cuda_version', '", "unknown", None);
    check("('cuda_compute_capabilities', [])", "unknown", None);
    check("", "unknown", None);
}

#[test]
fn reads_xformers() {
    let check = |text: &str, cuda: &str, architectures: Option<&str>| {
        let got = parse_xformers(text);
        assert_eq!(shown(&got.cuda), cuda, "{text}");
        assert_eq!(list(&got.architectures).as_deref(), architectures, "{text}");
    };
    let real = r#"{"version": {"cuda": 1204, "hip": null, "torch": "2.5.0+cu124", "python":
        "3.9.20"}, "env": {"TORCH_CUDA_ARCH_LIST": "6.0+PTX 7.0 7.5 8.0+PTX 9.0a"}}"#;
    check(real, "12.4", Some("6.0 7.0 7.5 8.0 9.0"));
    check(r#"{"version": {"cuda": null}, "env": {}}"#, "absent", None);
    check(
        r#"{"version": {"cuda": -1}, "env": {"TORCH_CUDA_ARCH_LIST": "Turing"}}"#,
        "unknown",
        None,
    );
    check("[", "unknown", None);
}

#[test]
fn reads_versions_names_and_requirements() {
    let check = |name: &str, version: &str, pin: Option<&str>, expected: &str| {
        let pins = pin.map(|version| ("nvidia-cuda-runtime-cu12".to_owned(), version.to_owned()));
        let package = Metadata {
            name: name.to_owned(),
            version: version.to_owned(),
            pins: pins.into_iter().collect(),
        };
        assert_eq!(shown(&by_metadata(&package)), expected, "{name} {version} {pin:?}");
    };
    check("torch", "2.9.1+cu126", None, "12.6");
    check("torch", "2.9.1+cu130", Some("12.8.90"), "13.0");
    check("torch", "2.9.1+cpu", None, "absent");
    check("torch", "2.9.1+rocm6.2", None, "absent");
    check("torch", "2.9.1", Some("12.8.90"), "12.8");
    check("torch", "2.9.1", None, "unknown");
    check("torch", "2.5.0a0+872d972e41.nv24.8", None, "unknown");
    check("flash-attn", "2.7.4+cu12torch2.6cxx11abiFALSE", None, "unknown");
    check("jaxlib", "0.4.20+cuda12.cudnn89", None, "unknown");
    check("jaxlib", "0.4.31", None, "absent");
    check("jax-cuda12-plugin", "0.6.0", None, "unknown");
    check("cupy-cuda118", "10.6.0", None, "11.8");
    check("cupy-cuda12x", "13.3.0", None, "unknown");
    check("nvidia-cuda-runtime-cu12", "12.6.77", None, "12.6");
    check("nvidia-cuda-runtime", "13.0.48", None, "13.0");
    check("nvidia-cudnn-cu12", "9.10.2.21", None, "unknown");
    check("nvidia-cublas", "13.1.0.3", None, "unknown");
    check("cuda-toolkit", "13.2.2", None, "13.2");
    check("triton", "3.5.1", None, "absent");
    check("vllm", "0.11.0", None, "unknown");
}

#[test]
fn reads_tags() {
    let check = |tag: &str, expected: Option<&str>| {
        assert_eq!(parse_tag(tag).map(|told| shown(&told)).as_deref(), expected, "{tag}");
    };
    check("cu126", Some("12.6"));
    check("cu1210", Some("12.10"));
    check("cuda12.4", Some("12.4"));
    check("cuda12.", Some("unknown"));
    check("cuda120py311h", Some("12.0"));
    check("cu13", Some("unknown"));
    check("cpu", Some("absent"));
    check("cu", None);
    check("custom", None);
    check("cu00", None);
    check("cu123456", None);
    check("", None);
}

proptest! {
    #[test]
    fn never_panics(text in "(?s).*") {
        for parse in [parse_assignments, parse_tensorflow, parse_xformers] {
            let _ = parse(&text);
        }
        let _ = parse_tag(&text);
        let _ = parse_tag(&format!("cuda{text}"));
        let _ = parse_assignments(&format!("cuda = {text}"));
        let _ = parse_tensorflow(&format!("'cuda_compute_capabilities', [{text}"));
        let name = text.clone();
        let _ = by_metadata(&Metadata { name, version: text, pins: Vec::new() });
    }
}
