//! Starts the smoke test in its child process and adds what the kernel log says of it.

use super::{kernel_log, root::Root};
use crate::{
    ChildTask, Depth, Facts, KernelLog, Probed, ReadOptions, Reading, Smoke, XidEvent,
    isolate::{self, Watch},
};
use std::time::Duration;

/// How much longer than a driver call one measurement may take: patterns over 140 GiB of memory
/// take a minute on a slow bus.
const MEASUREMENT: Duration = Duration::from_secs(120);

/// Runs the test where the CUDA driver showed a device.
pub(super) fn run(
    root: &Root,
    options: &ReadOptions,
    depth: Depth,
    before: &Facts,
    progress: &(dyn Fn(&str) + Sync),
) -> Probed<Smoke> {
    match before.cuda.whole() {
        None => return Probed::NotRun("the CUDA driver did not answer".to_owned()),
        Some(cuda) if cuda.devices.is_empty() => {
            return Probed::NotRun("the CUDA driver shows no device".to_owned());
        }
        Some(_) => {}
    }
    progress("running kernels on every GPU");
    let gpus = before.pci.found().map_or(0, Vec::len);
    let watch = Watch {
        deadline: &|stage| deadline(options.deadline, stage, gpus),
        is_call,
        on_event: &mut |stage| progress(&format!("running kernels on every GPU: {stage}")),
        stop: &options.stop,
    };
    let mut ran = isolate::run_with_events(&options.child, &ChildTask::Smoke(depth), watch);
    if let Some(smoke) = ran.answered_mut() {
        add_xids(smoke, &before.kernel_log, &kernel_log::read(root));
    }
    ran
}

/// How long a stage may take: a measurement is many calls.
fn deadline(of_call: Duration, stage: &str, gpus: usize) -> Duration {
    let of_call = isolate::call_deadline(of_call, stage, gpus);
    if is_call(stage) { of_call } else { of_call.saturating_add(MEASUREMENT) }
}

/// Whether a stage has the name of a driver call.
fn is_call(stage: &str) -> bool {
    stage.starts_with("cu") || stage.starts_with("load of ") || stage == "dlopen"
}

/// Gives each GPU the Xid lines that are new since the run began.
fn add_xids(smoke: &mut Smoke, before: &Reading<KernelLog>, after: &Reading<KernelLog>) {
    for gpu in &mut smoke.gpus {
        gpu.watch.xids = match (before, after) {
            (Reading::Found(before), Reading::Found(after)) => {
                let address = gpu.pci_address.found();
                let is_new = |event: &&XidEvent| {
                    !before.xids.contains(event)
                        && address.is_none_or(|address| *address == event.pci_address)
                };
                Reading::Found(after.xids.iter().filter(is_new).cloned().collect())
            }
            (Reading::Unknown(reason), _) | (_, Reading::Unknown(reason)) => {
                Reading::Unknown(reason.clone())
            }
            (Reading::Absent, _) | (_, Reading::Absent) => Reading::Absent,
        };
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{SmokeGpu, example};

    #[test]
    fn only_new_lines_of_the_same_gpu_count() {
        let event = |code: u32, pci_address: &str| XidEvent {
            code,
            pci_address: pci_address.to_owned(),
            since_boot_s: Reading::Absent,
            pid: Reading::Absent,
            program: Reading::Absent,
            text: String::new(),
        };
        let log = |xids: Vec<XidEvent>| Reading::Found(KernelLog { xids, ..KernelLog::default() });
        let old = event(31, example::H200_ADDRESS);
        let new = event(79, example::H200_ADDRESS);
        let other = event(48, "0000:99:00.0");
        let mut smoke = Smoke {
            depth: Depth::Quick,
            seconds: 0.0,
            interrupted: false,
            gpus: vec![SmokeGpu {
                pci_address: Reading::Found(example::H200_ADDRESS.to_owned()),
                ..SmokeGpu::default()
            }],
        };
        add_xids(&mut smoke, &log(vec![old.clone()]), &log(vec![old, new.clone(), other]));
        assert_eq!(smoke.gpus[0].watch.xids, Reading::Found(vec![new]));
        add_xids(&mut smoke, &Reading::Unknown("no".to_owned()), &log(Vec::new()));
        assert_eq!(smoke.gpus[0].watch.xids, Reading::Unknown("no".to_owned()));
    }

    #[test]
    fn a_measurement_has_more_time_than_a_call() {
        let call = Duration::from_secs(1);
        assert_eq!(deadline(call, "cuLaunchKernel (cubin)", 8), call);
        assert_eq!(deadline(call, "dlopen", 8), call);
        assert!(deadline(call, "cuInit", 8) > call);
        assert!(deadline(call, "memory pattern: own address", 8) > call);
    }
}
