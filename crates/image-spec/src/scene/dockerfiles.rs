//! Dockerfiles, judged by the facts that specifications are judged by.

use super::{Problem, check, example};
use std::collections::BTreeSet;

/// The codes that are found in a Dockerfile, for the fleet of the examples.
fn codes(text: &str) -> BTreeSet<&'static str> {
    example::dockerfile(text, check).iter().map(Problem::code).collect()
}

#[test]
fn finds_what_is_wrong() {
    let check = |rest: &str, expected: &[&str]| {
        let text = format!("FROM nvidia/cuda:{rest}\n");
        let found = codes(&text);
        let wanted = expected.iter().map(|code| format!("image/{code}"));
        let missing: Vec<String> = wanted.filter(|code| !found.contains(code.as_str())).collect();
        assert_eq!(missing, [] as [&str; 0], "of {found:?} in {text}");
    };
    let uv =
        "12.6.3-base-ubuntu22.04\nRUN uv python install 3.11 && uv venv /opt/venv --python 3.11";
    let pip = |what: &str| format!("{uv}\nRUN uv pip install --python /opt/venv {what}");
    check(
        "12.6.3-base-ubuntu22.04\nRUN apt-get install -y python3.11-pip",
        &["apt-package-unknown"],
    );
    check(
        "12.6.3-base-ubuntu22.04\nRUN apt-get install -y git gcc-12",
        &["development-tools-in-prod"],
    );
    check("12.6.3-base-ubuntu22.04\nRUN nvcc a.cu", &["devel-missing"]);
    check("12.6.0-base-ubuntu22.04", &["cuda-end-of-life"]);
    check("11.8.0-base-ubuntu20.04", &["cuda-end-of-life", "distribution-end-of-life"]);
    check("13.0.2-base-ubuntu24.04", &["driver-too-old-for-cuda"]);
    check("12.9.1-base-ubuntu22.04", &["driver-needs-minor-compatibility"]);
    check(&pip("torch==2.8.7"), &["framework-version-unknown"]);
    check(&pip("tensorflow[and-cuda]==2.14.1"), &["framework-not-for-python"]);
    check(&pip("torch==2.6.0 'tensorflow[and-cuda]==2.18.1'"), &["frameworks-do-not-fit"]);
    check(
        &pip("torch==2.15.0 'tensorflow[and-cuda]==2.21.0'"),
        &["several-cuda-stacks", "wheel-newer-than-driver"],
    );
    check(&pip("cupy==13.6.0"), &["source-build"]);
    check(&pip("cudf-cu11==25.6.0"), &["placeholder-package"]);
    check(&pip("'numba-cuda[cu11]'"), &["extra-ignored", "framework-not-pinned"]);
    check(&pip("tensorflow==2.20.0"), &["cuda-libraries-missing"]);
    check(&pip("numpy==1.26.4 'numpy>=2'"), &["requirements-contradict"]);
    check(
        &pip("torch==2.8.0 --index-url https://download.pytorch.org/whl/cu118"),
        &["release-not-on-index"],
    );
}

/// The same, written as it should be: nothing of what the facts know is wrong with it.
#[test]
fn is_silent_where_nothing_is_wrong() {
    let found = codes(
        "FROM nvidia/cuda:12.6.3-devel-ubuntu22.04 AS build\n\
         COPY kernels /src\n\
         RUN nvcc -shared -o /src/libkernels.so /src/kernels.cu\n\
         \n\
         FROM nvidia/cuda:12.6.3-base-ubuntu22.04\n\
         COPY --from=ghcr.io/astral-sh/uv:0.9.2 /uv /usr/local/bin/uv\n\
         ENV UV_PYTHON_INSTALL_DIR=/opt/python\n\
         RUN uv python install 3.11 && uv venv /opt/venv --python 3.11\n\
         RUN --mount=type=cache,target=/root/.cache/uv \
         uv pip install --python /opt/venv torch==2.8.0 \
         --index-url https://download.pytorch.org/whl/cu126\n\
         COPY --from=build /src/libkernels.so /usr/local/lib/\n\
         USER 10001:10001\n\
         CMD [\"/opt/venv/bin/python\", \"-m\", \"app\"]\n",
    );
    assert_eq!(found, BTreeSet::new());
}
