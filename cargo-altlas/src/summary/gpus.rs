//! The GPUs and what ran on them.

use super::line;
use crate::report::{Line, Mark};
use gpu_probe::{
    BandwidthRun, Facts, KernelRun, NvmlGpu, Probed, RateRun, Reading, SmokeGpu, cuda_code_name,
};

pub(super) fn lines(facts: &Facts) -> Vec<Line> {
    let by_nvml = facts.nvml.answered().map(|nvml| nvml.gpus.as_slice()).unwrap_or_default();
    let mut lines: Vec<Line> =
        if by_nvml.is_empty() { vec![without_nvml(facts)] } else { models(by_nvml) };
    let smoke = facts.smoke.as_ref();
    lines.extend(smoke.and_then(Probed::answered).into_iter().flat_map(|it| kernels(&it.gpus)));
    match smoke {
        Some(Probed::Answered(_)) => {}
        Some(Probed::Hung { stage, .. }) => {
            lines.push(line(Mark::Wrong, "kernel run", format!("hangs in `{stage}`")));
        }
        Some(Probed::Crashed { stage, how, .. }) => {
            lines.push(line(Mark::Wrong, "kernel run", format!("crashes in `{stage}`: {how}")));
        }
        Some(Probed::NotRun(_)) if without_driver(facts) => {
            lines.push(line(Mark::Absent, "kernel run", "none: there is no CUDA driver"));
        }
        Some(Probed::NotRun(reason)) => {
            lines.push(line(Mark::Unlooked, "kernel run", reason.clone()))
        }
        None => lines.push(line(Mark::Absent, "kernel run", "not run")),
    }
    lines
}

fn without_driver(facts: &Facts) -> bool {
    facts.cuda.answered().is_some_and(|cuda| cuda.library.is_absent())
}

fn without_nvml(facts: &Facts) -> Line {
    match &facts.pci {
        Reading::Found(gpus) if gpus.is_empty() => {
            let cuda = facts.cuda.answered().map_or(0, |cuda| cuda.devices.len());
            match cuda {
                0 => line(Mark::Absent, "GPU", "none on the PCI bus"),
                some => line(Mark::Fine, "GPU", format!("{some} seen by CUDA")),
            }
        }
        Reading::Found(gpus) => {
            let addresses: Vec<&str> = gpus.iter().map(|gpu| gpu.address.as_str()).collect();
            line(Mark::Wrong, "GPU", format!("on the PCI bus only: {}", addresses.join(", ")))
        }
        Reading::Absent => line(Mark::Absent, "GPU", "none: there is no PCI bus"),
        Reading::Unknown(reason) => line(Mark::Unlooked, "GPU", reason.clone()),
    }
}

/// GPUs of the same model share a line.
fn models(gpus: &[NvmlGpu]) -> Vec<Line> {
    let mut groups: Vec<Vec<&NvmlGpu>> = Vec::new();
    for gpu in gpus {
        let same =
            |group: &&mut Vec<&NvmlGpu>| group.iter().all(|other| model(other) == model(gpu));
        match groups.iter_mut().find(same) {
            Some(group) => group.push(gpu),
            None => groups.push(vec![gpu]),
        }
    }
    groups.iter().map(|group| model_line(group)).collect()
}

/// What GPUs on one line have in common: model, memory, and how they answered.
fn model(gpu: &NvmlGpu) -> (Option<&String>, Option<u64>, Mark) {
    let mark = match &gpu.handle {
        Reading::Found(code) if code.is_success() => Mark::Fine,
        Reading::Found(_) | Reading::Absent => Mark::Wrong,
        Reading::Unknown(_) => Mark::Unlooked,
    };
    (gpu.name.found(), gpu.memory.found().map(|memory| memory.total_mib), mark)
}

fn model_line(group: &[&NvmlGpu]) -> Line {
    let label = format!("GPU {}", numbers(&group.iter().map(|gpu| gpu.index).collect::<Vec<_>>()));
    let [first, ..] = group else { return line(Mark::Absent, label, "none") };
    let (name, total_mib, mark) = model(first);
    match mark {
        Mark::Wrong => return line(mark, label, "cannot be opened"),
        Mark::Unlooked => return line(mark, label, "did not answer"),
        Mark::Fine | Mark::Absent => {}
    }
    let many = if group.len() > 1 { format!("{} × ", group.len()) } else { String::new() };
    let mut parts = vec![format!("{many}{}", name.map_or("of unknown model", String::as_str))];
    parts.extend(first.compute_capability.found().map(|cc| format!("compute capability {cc}")));
    let free =
        group.iter().filter_map(|gpu| gpu.memory.found()).map(|memory| memory.free_mib).min();
    if let (Some(total), Some(free)) = (total_mib, free) {
        parts.push(format!("{:.1} of {:.1}\u{a0}GiB free", gib(free), gib(total)));
    }
    let hottest = group.iter().filter_map(|gpu| gpu.temperature_c.found()).max();
    parts.extend(hottest.map(|celsius| format!("{celsius}\u{a0}°C")));
    line(Mark::Fine, label, parts.join(", "))
}

#[expect(clippy::cast_precision_loss, reason = "one digit is shown")]
fn gib(mib: u64) -> f64 {
    mib as f64 / 1024.0
}

/// `0`, `0-7`, `0-2,5`
fn numbers(indices: &[u32]) -> String {
    let mut runs: Vec<(u32, u32)> = Vec::new();
    for index in indices {
        match runs.last_mut() {
            Some((_, last)) if *last + 1 == *index => *last = *index,
            _ => runs.push((*index, *index)),
        }
    }
    let shown: Vec<String> = runs
        .iter()
        .map(|(from, to)| if from == to { from.to_string() } else { format!("{from}-{to}") })
        .collect();
    shown.join(",")
}

/// GPUs on which the same came out share a line.
fn kernels(gpus: &[SmokeGpu]) -> Vec<Line> {
    let mut groups: Vec<(Vec<u32>, Mark, String)> = Vec::new();
    for gpu in gpus {
        let (mark, text) = ran(gpu);
        match groups.iter_mut().find(|group| (group.1, &group.2) == (mark, &text)) {
            Some(group) => group.0.push(gpu.ordinal),
            None => groups.push((vec![gpu.ordinal], mark, text)),
        }
    }
    groups
        .into_iter()
        .map(|(ordinals, mark, text)| {
            line(mark, format!("kernel run {}", numbers(&ordinals)), text)
        })
        .collect()
}

fn ran(gpu: &SmokeGpu) -> (Mark, String) {
    let mut parts = vec![kernel("cubin", &gpu.cubin), kernel("PTX", &gpu.ptx)];
    parts.extend(gpu.device_memory.found().map(|run| bandwidth("memory", run)));
    parts.extend(gpu.host_to_device.found().map(|run| bandwidth("to GPU", run)));
    parts.extend(gpu.device_to_host.found().map(|run| bandwidth("from GPU", run)));
    parts.extend(gpu.fp32.found().map(|run| rate("FP32", run)));
    parts.extend(gpu.tensor.found().map(|run| rate("tensor", run)));
    parts.extend(
        gpu.memory.found().map(|test| {
            format!("{} MiB of memory tested, {} errors", test.tested_mib, test.errors)
        }),
    );
    let right = |run: &Reading<KernelRun>| matches!(run.found(), Some(KernelRun::Correct { .. }));
    let wrong = |run: &Reading<KernelRun>| {
        matches!(run.found(), Some(KernelRun::Wrong { .. } | KernelRun::Failed { .. }))
    };
    let mark = if wrong(&gpu.cubin) || wrong(&gpu.ptx) {
        Mark::Wrong
    } else if right(&gpu.cubin) || right(&gpu.ptx) {
        Mark::Fine
    } else {
        Mark::Unlooked
    };
    (mark, parts.join(", "))
}

fn kernel(name: &str, run: &Reading<KernelRun>) -> String {
    match run {
        Reading::Found(KernelRun::Correct { elements, .. }) => {
            format!("{name} ran ({elements} results right)")
        }
        Reading::Found(KernelRun::Wrong { wrong, elements, .. }) => {
            format!("{name}: {wrong} of {elements} results wrong")
        }
        Reading::Found(KernelRun::Failed { call, code, .. }) => {
            let named = cuda_code_name(*code).map_or(code.to_string(), str::to_owned);
            format!("{name}: `{call}` gave {named}")
        }
        Reading::Absent => format!("{name}: none built in"),
        Reading::Unknown(reason) => format!("{name}: {reason}"),
    }
}

fn bandwidth(name: &str, run: &BandwidthRun) -> String {
    format!("{name} {:.0}\u{a0}GB/s{}", run.gb_per_s, of_peak(run.gb_per_s, run.peak_gb_per_s))
}

fn rate(name: &str, run: &RateRun) -> String {
    format!("{name} {:.1}\u{a0}TFLOPS{}", run.tflops, of_peak(run.tflops, run.peak_tflops))
}

fn of_peak(value: f64, peak: Option<f64>) -> String {
    match peak {
        Some(peak) if peak > 0.0 => format!(" ({:.0}\u{a0}% of peak)", 100.0 * value / peak),
        _ => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_of_numbers_are_short() {
        let check = |indices: &[u32], expected: &str| assert_eq!(numbers(indices), expected);
        check(&[0], "0");
        check(&[0, 1, 2, 3, 4, 5, 6, 7], "0-7");
        check(&[0, 1, 3, 5, 6], "0-1,3,5-6");
        check(&[], "");
    }
}
