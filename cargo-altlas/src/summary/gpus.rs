//! The GPUs and what ran on them.

use super::line;
use crate::report::{Line, Mark};
use gpu_probe::{
    BandwidthRun, Facts, KernelRun, NvmlGpu, Probed, RateRun, Reading, SmokeGpu, cuda_code_name,
};

pub(super) fn lines(facts: &Facts) -> Vec<Line> {
    let by_nvml = facts.nvml.answered().map(|nvml| nvml.gpus.as_slice()).unwrap_or_default();
    let mut lines: Vec<Line> = if by_nvml.is_empty() {
        vec![without_nvml(facts)]
    } else {
        by_nvml.iter().map(gpu).collect()
    };
    let smoke = facts.smoke.as_ref();
    let tested = smoke.and_then(Probed::answered).into_iter().flat_map(|smoke| &smoke.gpus);
    lines.extend(tested.map(ran));
    match smoke {
        Some(Probed::Answered(_)) => {}
        Some(Probed::Hung { stage, .. }) => {
            lines.push(line(Mark::Wrong, "kernel", format!("hangs in `{stage}`")));
        }
        Some(Probed::Crashed { stage, how, .. }) => {
            lines.push(line(Mark::Wrong, "kernel", format!("crashes in `{stage}`: {how}")));
        }
        Some(Probed::NotRun(reason)) => lines.push(line(Mark::Unlooked, "kernel", reason.clone())),
        None => lines.push(line(Mark::Absent, "kernel", "not run")),
    }
    lines
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

fn gpu(gpu: &NvmlGpu) -> Line {
    let mut parts: Vec<String> = Vec::new();
    parts.extend(gpu.name.found().cloned());
    parts.extend(gpu.compute_capability.found().map(|cc| format!("compute capability {cc}")));
    parts.extend(
        gpu.memory
            .found()
            .map(|memory| format!("{} of {} MiB free", memory.free_mib, memory.total_mib)),
    );
    parts.extend(gpu.temperature_c.found().map(|celsius| format!("{celsius} °C")));
    let mark = match &gpu.handle {
        Reading::Found(code) if code.is_success() => Mark::Fine,
        Reading::Found(_) | Reading::Absent => {
            parts.push("cannot be opened".to_owned());
            Mark::Wrong
        }
        Reading::Unknown(_) => {
            parts.push("did not answer".to_owned());
            Mark::Unlooked
        }
    };
    line(mark, format!("GPU {}", gpu.index), parts.join(", "))
}

fn ran(gpu: &SmokeGpu) -> Line {
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
    line(mark, format!("kernel {}", gpu.ordinal), parts.join(", "))
}

fn kernel(name: &str, run: &Reading<KernelRun>) -> String {
    match run {
        Reading::Found(KernelRun::Correct { elements, .. }) => {
            format!("{name}: {elements} results right")
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
    format!("{name} {:.0} GB/s{}", run.gb_per_s, of_peak(run.gb_per_s, run.peak_gb_per_s))
}

fn rate(name: &str, run: &RateRun) -> String {
    format!("{name} {:.1} TFLOPS{}", run.tflops, of_peak(run.tflops, run.peak_tflops))
}

fn of_peak(value: f64, peak: Option<f64>) -> String {
    match peak {
        Some(peak) if peak > 0.0 => format!(" ({:.0} % of peak)", 100.0 * value / peak),
        _ => String::new(),
    }
}
