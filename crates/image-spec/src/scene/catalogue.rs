//! Everything that the checks of specifications say, on one page: a broken specification for each, its
//! sentences and its fixes. Read the diff of the page as a user reads it.

use super::{CHECKS, check, example};
use std::collections::BTreeMap;

const STACK: &str = "[cuda]\nversion = '12.6'\npython = '3.11'\nos = 'ubuntu22.04'\n";

/// A code, the sections in which it is found, and the text of `r.txt`.
fn faults() -> Vec<(&'static str, String, &'static str)> {
    let stack = |rest: &str| format!("{STACK}{rest}");
    let base = "[image.prod]\nbase = 'base'\nrequirements = ['r.txt']\n";
    let runtime = "[image.prod]\nbase = 'runtime'\nrequirements = ['r.txt']\n";
    let old = |rest: &str| {
        format!("[cuda]\nversion = '11.8'\npython = '3.11'\nos = 'ubuntu20.04'\n{rest}")
    };
    let engine = "engines = [{ path = 'a.engine', gpu = '8.9', tensorrt = '10.3' }]\n";
    vec![
        ("base-tag-unknown", stack("[image.prod]\nbase = 'nvidia/cuda:12.6.3-cudnn9-devel-ubuntu22.04'"), ""),
        ("base-tag-deleted", stack("[image.prod]\nbase = 'nvidia/cuda:11.7.0-base-ubuntu20.04'"), ""),
        ("cudnn-not-for-cuda", "[cuda]\nversion = '11.8'\ncudnn = '9.12'\nos = 'ubuntu22.04'\n[image.prod]".to_owned(), ""),
        ("cudnn-of-base-differs", "[cuda]\nversion = '12.6.3'\ncudnn = '9.10'\nos = 'ubuntu22.04'\n[image.prod]\n".to_owned(), ""),
        ("base-differs-from-project", stack("[image.prod]\nbase = 'nvidia/cuda:11.8.0-devel-ubuntu20.04'"), ""),
        ("python-not-on-distribution", old("[image.prod]\npython_from = 'distribution'"), ""),
        ("apt-package-unknown", old("[image.prod]\napt = ['python3.11-pip', 'python3.11-venv', 'Git_LFS']"), ""),
        ("framework-version-unknown", stack(base), "torch==2.8.7\n"),
        ("framework-not-for-python", stack(base), "torch==1.13.1\ntensorflow[and-cuda]==2.14.1\n"),
        ("glibc-too-old", "[cuda]\nversion = '12.1'\npython = '3.11'\nos = 'ubuntu18.04'\n[image.prod]\nbase = 'base'\npip = ['torch==2.8.0']".to_owned(), ""),
        ("framework-not-for-cuda", stack("[image.prod]\nbase = 'runtime'\nrequirements = ['r.txt']"), "onnxruntime-gpu==1.31.1\ncupy-cuda11x==13.6.0\n"),
        (
            "release-not-on-index",
            stack(base),
            "--index-url https://download.pytorch.org/whl/cu118\ntorch==2.8.0\n",
        ),
        ("requirements-contradict", stack(base), "numpy==1.26.4\nnumpy>=2\n"),
        ("requirement-differs-from-frameworks", stack(&format!("[frameworks]\ntorch = '2.8'\n{base}")), "torch==2.6.0\n"),
        ("frameworks-do-not-fit", stack(base), "torch==2.6.0\ntensorflow[and-cuda]==2.18.1\n"),
        ("source-build", stack(runtime), "cupy==13.6.0\nflash-attn==2.8.3\n"),
        ("placeholder-package", old(base), "cudf-cu11==25.6.0\n"),
        ("extra-ignored", stack(base), "numba-cuda[cu11]==0.30.4\n"),
        ("devel-missing", stack("[image.prod]\nbase = 'runtime'\ncompiles = true"), ""),
        ("image-without-python", "[cuda]\nversion = '12.6'\nos = 'ubuntu22.04'\n[image.prod]\npip = ['numpy']".to_owned(), ""),
        ("driver-too-old-for-gpu", stack("driver = '535.183.01'\ngpus = ['RTX 5090']\n[image.prod]\nbase = 'base'"), ""),
        ("driver-too-old-for-cuda", stack("driver = '470.256.02'\n[image.prod]"), ""),
        ("driver-refused-by-image", "[cuda]\nversion = '12.9'\nos = 'ubuntu22.04'\ndriver = '525.60.13'\n[image.prod]".to_owned(), ""),
        ("driver-needs-minor-compatibility", stack("driver = '535.183.01'\n[image.prod]"), ""),
        ("wheel-newer-than-driver", stack(&format!("driver = '572.83'\n{base}")), "torch\n"),
        ("gpu-not-in-toolkit", stack("gpus = ['12.0', 'RTX 4060']\n[image.prod]"), ""),
        ("gpu-not-in-wheel", stack(&format!("gpus = ['6.1']\n{base}")), "cudf-cu12==26.10.2\n"),
        ("gpu-not-in-cudnn", stack(&format!("gpus = ['7.0']\n{base}")), "torch==2.11.0\n"),
        ("cuda-libraries-missing", stack(base), "tensorflow==2.20.0\nonnxruntime-gpu==1.23.2\n"),
        ("cudnn-of-framework-differs", stack(runtime), "onnxruntime-gpu==1.23.2\n"),
        ("engine-for-other-gpu", stack(&format!("gpus = ['RTX 4060', 'H200']\n[image.prod]\n{engine}")), ""),
        ("engine-for-other-tensorrt", stack(&format!("[frameworks]\ntensorrt = '10.7'\n[image.prod]\n{engine}")), ""),
        ("engine-without-tensorrt", stack(&format!("[image.prod]\n{engine}")), ""),
        ("several-cuda-stacks", stack(base), "torch==2.15.0\ntensorflow[and-cuda]==2.21.0\n"),
        ("wheel-index-differs", old(runtime), "--index-url https://download.pytorch.org/whl/cu121\ntorch==2.5.1\n"),
        ("cuda-end-of-life", old(base), ""),
        ("distribution-end-of-life", old(base), ""),
        ("python-end-of-life", "[cuda]\nversion = '12.6'\npython = '3.9'\nos = 'ubuntu22.04'\n[image.prod]".to_owned(), ""),
        ("framework-not-pinned", stack(base), "torch>=2\n"),
        ("cuda-twice", stack(runtime), "torch==2.8.0\n"),
        ("devel-in-prod", stack("[frameworks]\nnumba = '0.61'\n[image.prod]"), ""),
        ("development-tools-in-prod", stack("[image.prod]\napt = ['git', 'gcc-12']\npip = ['pytest']"), ""),
        ("profiler-in-prod", stack("[image.prod]\nnsight = true"), ""),
        ("profiler-in-public-registry", stack("[registry]\nrepository = 'team/app'\nvisibility = 'public'\n[image.profile]\nnsight = true"), ""),
        ("prod-builds-on-dev", stack("[image.dev]\n[image.prod]\nfrom = 'dev'"), ""),
        ("model-without-checksum", stack("[image.prod]\nmodels = [{ path = 'model.onnx' }]"), ""),
        ("tag-mutable", stack("[registry]\nrepository = 'team/app'\ntag = '{version}'\n[image.prod]"), ""),
        ("nothing-to-run", stack("[image.prod]"), ""),
    ]
}

#[test]
fn each_is_found_where_it_should_be() {
    for (code, sections, lines) in faults() {
        let codes = example::codes(&sections, &[("r.txt", lines)]);
        assert!(codes.contains(&format!("image/{code}").as_str()), "no {code} in {codes:?}");
    }
}

#[test]
fn all_that_they_say() {
    let mut page: BTreeMap<usize, String> = BTreeMap::new();
    for (code, sections, lines) in faults() {
        let code = format!("image/{code}");
        let found = example::spec_with(&sections, &[("r.txt", lines)], check);
        let place = CHECKS.iter().position(|check| check.code == code).unwrap();
        let entry = page.entry(place).or_default();
        entry.push_str(&format!("{code}\n"));
        for problem in found.iter().filter(|problem| problem.code() == code) {
            let diagnosis = problem.diagnosis();
            entry.push_str(&format!("  {diagnosis}\n"));
            let fixes = diagnosis.fixes();
            assert!(!fixes.is_empty(), "{code} has no fix");
            assert!(!fixes[0].text.starts_with("or "), "{code}: {}", fixes[0].text);
            for fix in fixes {
                entry.push_str(&format!("    - {}\n", fix.text));
                assert!(!fix.text.ends_with('.'), "{}", fix.text);
                if let Some(command) = fix.command {
                    entry.push_str(&format!("      $ {command}\n"));
                }
            }
        }
    }
    let page: Vec<String> = page.into_values().collect();
    insta::assert_snapshot!(page.join("\n"));
}

#[test]
fn sentences_are_lower_case_fragments() {
    for (_, sections, lines) in faults() {
        for problem in example::spec_with(&sections, &[("r.txt", lines)], check) {
            let sentence = problem.diagnosis().to_string();
            let first = sentence.chars().next().unwrap();
            let name = ["CUDA", "NVIDIA", "Python"].iter().any(|name| sentence.starts_with(name));
            assert!(first.is_lowercase() || first == '`' || name, "{sentence}");
            assert!(!sentence.ends_with('.') && !sentence.contains("  "), "{sentence}");
        }
    }
}
