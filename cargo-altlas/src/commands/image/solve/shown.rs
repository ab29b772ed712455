//! The answer in words, and as JSON.

use super::{patch::Patch, wanted::Wanted};
use crate::report::{Line, Mark};
use cuda_compat::{
    Chosen, Contradiction, CudnnFrom, DriverFit, Fact, Fit, TagState, distribution,
    framework_builds, toolkit,
};
use serde_json::{Value, json};

/// The set, in a few lines.
pub(super) fn lines(fit: &Fit, wanted: &Wanted) -> Vec<Line> {
    let mut lines =
        vec![line(Mark::Fine, "base image", base(fit)), line(Mark::Fine, "Python", python(fit))];
    for chosen in &fit.frameworks {
        lines.push(line(Mark::Fine, chosen.framework.name(), framework(chosen)));
    }
    if let Some((cudnn, from)) = fit.cudnn {
        let from = match from {
            CudnnFrom::Base => "in the base image",
            CudnnFrom::Wheels => "from the wheels",
            CudnnFrom::Pip => "to be installed with pip: nothing here brings it",
        };
        lines.push(line(Mark::Fine, "cuDNN", format!("{cudnn}, {from}")));
    }
    lines.push(line(Mark::Fine, "driver", driver(fit, wanted)));
    lines.extend(kernels(fit, wanted));
    let free = wanted.left_free.values();
    lines.extend(free.map(|free| line(Mark::Absent, "left free", free.clone())));
    lines
}

fn line(mark: Mark, label: &str, text: String) -> Line {
    Line { mark, label: label.to_owned(), text }
}

fn base(fit: &Fit) -> String {
    let unseen = match fit.base.state {
        TagState::Unverified => "; NVIDIA names this tag, and nobody looked at the registry",
        TagState::Published | TagState::Deleted => "",
    };
    format!("nvidia/cuda:{}{unseen}", fit.tag)
}

fn python(fit: &Fit) -> String {
    let own = distribution(&fit.tag.os).and_then(|row| row.default_python);
    match own {
        Some(own) if own == fit.python => format!("{own}, the own one of {}", fit.tag.os),
        Some(own) => format!("{}, from uv; {} has {own}", fit.python, fit.tag.os),
        None => format!("{}, from uv", fit.python),
    }
}

fn framework(chosen: &Chosen) -> String {
    let build = chosen.build;
    let from = match build.index.as_deref() {
        None => "PyPI".to_owned(),
        Some(index) if index.starts_with("cu") => format!("PyTorch's index {index}"),
        Some(index) => index.to_owned(),
    };
    let newest = framework_builds()
        .iter()
        .filter(|row| row.framework == chosen.framework)
        .flat_map(|row| &row.versions)
        .max()
        .filter(|newest| **newest != chosen.version);
    let newest = newest.map_or(String::new(), |newest| format!("; the newest is {newest}"));
    format!("{}, `{}` from {from}{newest}", chosen.version, build.package)
}

fn driver(fit: &Fit, wanted: &Wanted) -> String {
    let named = wanted.wishes.driver.map_or(String::new(), |it| it.version.to_string());
    match fit.driver {
        DriverFit::Least(least) => format!("{least} or newer"),
        DriverFit::Exact => format!("{named} runs it with everything that it can do"),
        DriverFit::MinorCompatible { exact_from } => {
            let from = exact_from.map_or(String::new(), |from| format!("; {from} needs none"));
            format!("{named} runs it by minor-version compatibility, without PTX{from}")
        }
    }
}

/// The builds of which nobody says whether they have code for the GPUs.
fn kernels(fit: &Fit, wanted: &Wanted) -> Option<Line> {
    let gpus = &wanted.wishes.gpus;
    let unknown = |chosen: &&Chosen| {
        let build = chosen.build;
        build.brings_cuda && gpus.iter().any(|gpu| build.runs_on(gpu.capability).is_none())
    };
    let names: Vec<&str> =
        fit.frameworks.iter().filter(unknown).map(|chosen| chosen.framework.name()).collect();
    let text = format!("not in the tables: for which of them {} has code", names.join(", "));
    (!names.is_empty()).then(|| line(Mark::Unlooked, "GPUs", text))
}

/// The wishes that exclude each other, with their facts.
pub(super) fn clashes(found: &Contradiction, wanted: &Wanted) -> Vec<Line> {
    let mut lines = Vec::new();
    for clash in &found.clashes {
        let label = clash.wish.to_string();
        if clash.facts.is_empty() {
            let text = wanted.written(&clash.wish).unwrap_or_default();
            lines.push(line(Mark::Wrong, &label, text));
        }
        for (index, fact) in clash.facts.iter().enumerate() {
            let label = if index == 0 { label.as_str() } else { "" };
            let text = format!("{} ({}, {})", fact.text, fact.source, fact.date);
            lines.push(line(Mark::Wrong, label, text));
        }
    }
    lines
}

/// A set in one line: `CUDA 12.6.3 on ubuntu24.04, Python 3.12, torch 2.8.0`.
pub(super) fn short(fit: &Fit) -> String {
    let mut parts =
        vec![format!("CUDA {} on {}", fit.tag.cuda, fit.tag.os), format!("Python {}", fit.python)];
    parts.extend(fit.frameworks.iter().map(|it| format!("{} {}", it.framework, it.version)));
    parts.join(", ")
}

/// A contradiction for programs.
pub(super) fn contradiction(found: &Contradiction, wanted: &Wanted) -> Value {
    let wishes = found.clashes.iter().map(|clash| {
        json!({
            "wish": clash.wish.to_string(),
            "written": wanted.written(&clash.wish),
            "facts": clash.facts,
        })
    });
    let changes = found.changes.iter().map(|change| {
        let steps: Vec<String> = change.steps.iter().map(ToString::to_string).collect();
        json!({ "changes": steps, "fits": set(&change.fit) })
    });
    json!({ "wishes": wishes.collect::<Vec<_>>(), "changes": changes.collect::<Vec<_>>() })
}

/// The set, the facts behind it and the patch, for programs.
pub(super) fn facts(fit: &Fit, wanted: &Wanted, patch: &Patch) -> Value {
    json!({
        "fits": set(fit),
        "left_free": wanted.left_free.values().collect::<Vec<_>>(),
        "facts": sources(fit),
        "file": patch.name(),
        "patch": patch.diff(),
    })
}

fn set(fit: &Fit) -> Value {
    let frameworks = fit.frameworks.iter().map(|chosen| {
        json!({
            "framework": chosen.framework,
            "version": chosen.version.to_string(),
            "package": chosen.build.package,
            "index": chosen.build.index,
            "brings_cuda": chosen.build.brings_cuda,
        })
    });
    let driver = match fit.driver {
        DriverFit::Least(least) => json!({ "fit": "least", "driver": least }),
        DriverFit::Exact => json!({ "fit": "exact" }),
        DriverFit::MinorCompatible { exact_from } => {
            json!({ "fit": "minor-compatible", "exact_from": exact_from })
        }
    };
    json!({
        "base": format!("nvidia/cuda:{}", fit.tag),
        "cuda": fit.tag.cuda,
        "os": fit.tag.os,
        "python": fit.python,
        "cudnn": fit.cudnn.map(|(cudnn, _)| cudnn),
        "frameworks": frameworks.collect::<Vec<_>>(),
        "driver": driver,
    })
}

/// The rows that the set stands on.
fn sources(fit: &Fit) -> Vec<Fact> {
    let fact = |text: String, source: &str, date: &str| Fact {
        text,
        source: source.to_owned(),
        date: date.to_owned(),
    };
    let base = fit.base;
    let mut all = vec![fact(format!("nvidia/cuda:{} is real", fit.tag), &base.source, &base.date)];
    for chosen in &fit.frameworks {
        let build = chosen.build;
        let cuda = match (build.cuda_first == build.cuda_last, build.brings_cuda) {
            (true, true) => format!("brings CUDA {}", build.cuda_first),
            (true, false) => format!("takes CUDA {} from the system", build.cuda_first),
            (false, brings) => format!(
                "{} CUDA {} to {}",
                if brings { "brings" } else { "takes from the system" },
                build.cuda_first,
                build.cuda_last
            ),
        };
        let text =
            format!("{} {} {cuda} and is for Python {}", build.package, chosen.version, fit.python);
        all.push(fact(text, &build.source, &build.date));
    }
    if let Some(row) = toolkit(fit.tag.cuda) {
        all.push(fact(format!("the drivers for CUDA {}", row.cuda), &row.source, &row.date));
    }
    if let Some(row) = distribution(&fit.tag.os)
        && let Some(end) = row.end_of_life
    {
        let text = format!("{} has free support until {end}", fit.tag.os);
        all.push(fact(text, &row.source, &row.date));
    }
    all
}
