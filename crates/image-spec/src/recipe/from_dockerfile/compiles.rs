//! What is compiled in a stage that needs CUDA's compiler or headers.

use super::Recipe;
use crate::{
    Dockerfile, Placed,
    dockerfile::{Pip, ShellCommand},
};

/// Packages that PyPI has as source only, with CUDA code in it.
const SOURCE_ONLY: [&str; 14] = [
    "apex",
    "causal-conv1d",
    "cupy",
    "detectron2",
    "flash-attn",
    "flash_attn",
    "gsplat",
    "mamba-ssm",
    "mamba_ssm",
    "nvdiffrast",
    "pycuda",
    "pytorch3d",
    "tinycudann",
    "torch-scatter",
];

pub(super) fn add(file: &Dockerfile, command: &ShellCommand, recipe: &mut Recipe) {
    let mut compiled = |what: String, at: usize| {
        recipe.compiles.push(Placed::new(what, file.place(at)));
    };
    let compiling = Pip::of(command).filter(|pip| pip.installs() || pip.action == "wheel");
    // Wheels that another stage built are compiled already.
    if let Some(pip) = compiling.filter(|pip| pip.no_binary.is_some() || !pip.takes_local_wheels())
    {
        for word in &pip.requirements {
            let name = name_of(&word.text);
            let forced = pip.no_binary.is_some_and(|names| {
                names == ":all:" || names.split(',').any(|forced| forced.eq_ignore_ascii_case(name))
            });
            let is_source = SOURCE_ONLY.contains(&name)
                || forced && super::pip::requirement(word).is_some_and(|asked| has_cuda(&asked));
            // A wheel is compiled already, whatever it is called.
            if is_source && !word.text.ends_with(".whl") {
                compiled(name.to_owned(), word.span.start);
            }
        }
    }
    let at = command.span.start;
    let texts = || command.argument_texts();
    let asks_version = command.has(&["--version", "-V"]);
    match command.program() {
        "nvcc" if !asks_version => compiled("nvcc".to_owned(), at),
        "cmake" if texts().any(asks_for_cuda) => compiled("cmake with CUDA".to_owned(), at),
        name if name.starts_with("python") => {
            let builds = command.has(&["build_ext", "bdist_wheel", "install", "develop"]);
            let is_setup = texts().any(|text| text.rsplit('/').next() == Some("setup.py"));
            // `setup.py` of a package without CUDA code is none of this.
            let says_cuda = ["FORCE_CUDA", "TORCH_CUDA_ARCH_LIST", "CUDA_HOME"]
                .iter()
                .any(|name| command.assigned(name).is_some())
                || texts().any(|text| text.contains("cuda"));
            if is_setup && builds && says_cuda {
                compiled("setup.py with CUDA".to_owned(), at);
            }
        }
        _ => {}
    }
}

/// `-DGGML_CUDA=ON`, `-DCMAKE_CUDA_ARCHITECTURES=90`.
fn asks_for_cuda(text: &str) -> bool {
    let Some((name, value)) = text.strip_prefix("-D").and_then(|text| text.split_once('=')) else {
        return false;
    };
    let is_off = ["off", "0", "false", "no"].contains(&value.to_ascii_lowercase().as_str());
    name.split([':', '_']).any(|part| part.eq_ignore_ascii_case("cuda")) && !is_off
}

/// The name that a word asks for: `git+https://x/apex.git` is `apex`.
fn name_of(text: &str) -> &str {
    let text = text.split(['#', ';']).next().unwrap_or(text);
    if text.starts_with("git+") {
        let path = text.rsplit('/').next().unwrap_or_default();
        let path = path.split('@').next().unwrap_or(path);
        return path.strip_suffix(".git").unwrap_or(path);
    }
    let end = text.find(['=', '<', '>', '!', '~', '[', ' ', '@']).unwrap_or(text.len());
    text.get(..end).unwrap_or(text)
}

fn has_cuda(asked: &pep508_rs::Requirement) -> bool {
    let name = asked.name.as_ref();
    cuda_compat::Framework::of_package(name).is_some() || name == "llama-cpp-python"
}
