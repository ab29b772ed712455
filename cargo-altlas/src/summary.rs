//! What the doctor looked at, in a dozen lines for the top of the report.

mod gpus;
mod software;

use crate::report::{Line, Mark};
use gpu_probe::{Facts, GpuWish, Host, KernelRun, Need, Probed, Profile, Reading};
use std::path::Path;

/// The lines; at most a screen of them.
pub(crate) fn lines(facts: &Facts, need: &Need, config: Option<&Path>) -> Vec<Line> {
    let mut lines = vec![host(&facts.host), driver(facts)];
    lines.extend(gpus::lines(facts));
    lines.extend(software::lines(facts, need.profile));
    if let Some(path) = config {
        lines.push(line(Mark::Fine, "config", format!("{}{}", path.display(), wanted(need))));
    }
    match need.profile {
        Profile::Dev => {}
        Profile::Runner => lines.push(line(Mark::Fine, "judged as", "a CI runner")),
        Profile::Node => lines.push(line(Mark::Fine, "judged as", "a node of a cluster")),
    }
    lines
}

/// Whose facts are judged, where they come from a file.
pub(crate) fn saved(facts: &Facts, path: &Path) -> Line {
    let name = facts.host.name.found().map_or("a machine", String::as_str);
    let seconds = i64::try_from(facts.taken_at_unix_s).unwrap_or(i64::MAX);
    let time =
        jiff::Timestamp::from_second(seconds).map_or("?".to_owned(), |time| time.to_string());
    let text =
        format!("of {name}, read at {time} by altlas {}, {}", facts.written_by, path.display());
    line(Mark::Fine, "facts", text)
}

/// The sentence that a healthy machine ends with; `None` where it could not be established that
/// CUDA works.
pub(crate) fn established(facts: &Facts) -> Option<String> {
    match &facts.smoke {
        Some(smoke) => {
            let smoke = smoke.whole().filter(|smoke| !smoke.interrupted)?;
            let gpus = &smoke.gpus;
            let right =
                |run: &Reading<KernelRun>| matches!(run.found(), Some(KernelRun::Correct { .. }));
            let all_right =
                !gpus.is_empty() && gpus.iter().all(|gpu| right(&gpu.cubin) || right(&gpu.ptx));
            all_right.then(|| {
                format!(
                    "CUDA works here: {} ran a kernel and every result was right",
                    count(gpus.len())
                )
            })
        }
        None => {
            let cuda = facts.cuda.whole()?;
            let ready = cuda.init.found().is_some_and(|code| code.is_success());
            (ready && !cuda.devices.is_empty()).then(|| {
                format!(
                    "CUDA starts here and shows {}; no kernel was run",
                    count(cuda.devices.len())
                )
            })
        }
    }
}

/// What the config asks for: `: CUDA 12.6, driver 560.35.03 or newer, GPUs RTX 4060, 9.0`.
fn wanted(need: &Need) -> String {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(need.cuda.map(|cuda| format!("CUDA {cuda}")));
    parts.extend(need.cudnn.map(|cudnn| format!("cuDNN {cudnn}")));
    parts.extend(need.python.map(|python| format!("Python {python}")));
    parts.extend(need.driver.map(|driver| format!("driver {driver} or newer")));
    let gpus: Vec<String> = need
        .gpus
        .iter()
        .map(|gpu| match gpu {
            GpuWish::Model(name) => name.clone(),
            GpuWish::Capability(capability) => capability.to_string(),
        })
        .collect();
    if !gpus.is_empty() {
        parts.push(format!("GPUs {}", gpus.join(" and ")));
    }
    if parts.is_empty() { String::new() } else { format!(": {}", parts.join(", ")) }
}

fn count(gpus: usize) -> String {
    if gpus == 1 { "1 GPU".to_owned() } else { format!("{gpus} GPUs") }
}

fn host(host: &Host) -> Line {
    let os = host.os.found().map_or("unknown system", |os| os.name.as_str());
    let kernel =
        host.kernel_release.found().map_or(String::new(), |kernel| format!(", kernel {kernel}"));
    let machine = &host.machine;
    let kind = if machine.wsl.found().is_some() {
        ", WSL".to_owned()
    } else if let Some(container) = machine.container.found() {
        format!(", in a container ({container})")
    } else if let Some(hypervisor) = machine.hypervisor.found() {
        match hypervisor.as_str() {
            "unknown" => ", virtual machine".to_owned(),
            name => format!(", virtual machine ({name})"),
        }
    } else {
        String::new()
    };
    let mark = if host.os.found().is_some() { Mark::Fine } else { Mark::Unlooked };
    line(mark, "host", format!("{os}{kernel}, {}{kind}", host.architecture))
}

fn driver(facts: &Facts) -> Line {
    let version = facts.driver_version();
    let cuda = facts
        .cuda
        .answered()
        .and_then(|cuda| cuda.version.found())
        .or_else(|| facts.nvml.answered().and_then(|nvml| nvml.cuda_version.found()));
    let up_to = cuda.map_or(String::new(), |cuda| format!(", runs CUDA up to {cuda}"));
    let open = facts.kernel_module.loaded.found().and_then(|module| module.open.found());
    let module = match open {
        Some(true) => ", open kernel module",
        Some(false) => ", proprietary kernel module",
        None => "",
    };
    let (mark, text) = match (&facts.nvml, version) {
        (Probed::Hung { stage, .. }, _) => (Mark::Wrong, format!("hangs in `{stage}`")),
        (Probed::Crashed { stage, how, .. }, _) => {
            (Mark::Wrong, format!("crashes in `{stage}`: {how}"))
        }
        (_, Some(version)) => {
            let starts = facts
                .nvml
                .answered()
                .is_some_and(|nvml| nvml.init.found().is_some_and(|code| code.is_success()));
            let mark = if starts { Mark::Fine } else { Mark::Wrong };
            (mark, format!("{version}{up_to}{module}"))
        }
        (Probed::NotRun(reason), None) => (Mark::Unlooked, reason.clone()),
        (Probed::Answered(_), None) => (Mark::Absent, "none".to_owned()),
    };
    line(mark, "driver", text)
}

fn line(mark: Mark, label: impl Into<String>, text: impl Into<String>) -> Line {
    Line { mark, label: label.into(), text: text.into() }
}
