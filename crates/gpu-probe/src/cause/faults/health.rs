//! Faults of a GPU's health and speed.

use super::*;
use crate::*;

fn nvml_gpu(facts: &mut Facts, change: impl FnOnce(&mut NvmlGpu)) {
    let Probed::Answered(nvml) = &mut facts.nvml else { panic!("NVML answers") };
    change(&mut nvml.gpus[0]);
}

fn smoke_gpu(facts: &mut Facts, change: impl FnOnce(&mut SmokeGpu)) {
    let Some(Probed::Answered(smoke)) = &mut facts.smoke else { panic!("the smoke test ran") };
    change(&mut smoke.gpus[0]);
}

pub(super) fn health_and_speed(all: &mut Faults) {
    let mut gpu = |change: fn(&mut NvmlGpu), root: &'static str| {
        all.add(example::h200(), |facts| nvml_gpu(facts, change), root);
    };
    gpu(|gpu| gpu.ecc_errors.uncorrected_volatile = Found(2), "gpu/uncorrected-ecc-errors");
    gpu(
        |gpu| gpu.remapped_rows = Found(RemappedRows { pending: true, ..RemappedRows::default() }),
        "gpu/row-remap-pending",
    );
    gpu(
        |gpu| gpu.remapped_rows = Found(RemappedRows { failed: true, ..RemappedRows::default() }),
        "gpu/row-remap-failed",
    );
    gpu(|gpu| gpu.page_retirement_pending = Found(true), "gpu/page-retirement-pending");
    gpu(|gpu| gpu.persistence = Found(false), "gpu/persistence-off");
    gpu(|gpu| gpu.recovery_action = Found(2), "gpu/gpu-needs-reset");
    gpu(|gpu| gpu.recovery_action = Found(3), "gpu/gpu-needs-reset");
    gpu(
        |gpu| {
            gpu.processes = Found(vec![Process {
                pid: 4242,
                name: Absent,
                memory_mib: Found(512),
                graphics: false,
            }]);
        },
        "gpu/memory-held-by-dead-process",
    );
    let address = example::H200_ADDRESS;
    let xids = [(31, "gpu/xid-application"), (48, "gpu/xid-hardware"), (999, "gpu/xid-hardware")];
    for (code, root) in xids {
        all.add(example::h200(), |facts| faults::write_xid(facts, code, address), root);
    }
    // A hang whose Xid says why: the Xid is the cause.
    let gsp = |facts: &mut Facts| {
        faults::write_xid(facts, 119, address);
        let stage = "nvmlInit_v2".to_owned();
        facts.nvml = Probed::Hung { stage, after_s: 10.0, unkillable: true, partial: None };
        facts.cuda = Probed::NotRun("NVML hung".to_owned());
        facts.smoke = Some(Probed::NotRun("NVML hung".to_owned()));
    };
    all.add(example::h200(), gsp, "gpu/xid-hardware");
    let mut ran = |change: fn(&mut SmokeGpu), root: &'static str| {
        all.add(example::h200(), |facts| smoke_gpu(facts, change), root);
    };
    ran(
        |gpu| {
            gpu.watch.samples = 20;
            gpu.watch.throttled = vec![(ThrottleReason::HardwareThermal, 12)];
            gpu.watch.max_temperature_c = Found(91);
        },
        "gpu/thermal-throttling",
    );
    ran(
        |gpu| {
            gpu.watch.samples = 20;
            gpu.watch.throttled = vec![(ThrottleReason::HardwarePowerBrake, 12)];
        },
        "gpu/power-throttling",
    );
    fn wrong() -> Reading<KernelRun> {
        Found(KernelRun::Wrong {
            elements: 1 << 20,
            wrong: 3,
            first: 77,
            expected: "1.5".to_owned(),
            got: "NaN".to_owned(),
        })
    }
    ran(|gpu| gpu.cubin = wrong(), "gpu/kernel-wrong-result");
    ran(
        |gpu| {
            gpu.cubin = wrong();
            gpu.memory = Found(MemoryTest {
                tested_mib: 1024,
                patterns: vec!["own address".to_owned()],
                errors: 5,
                first_error: Some(4096),
            });
        },
        "gpu/memory-test-failed",
    );
    ran(
        |gpu| {
            gpu.ptx = Found(KernelRun::Failed {
                call: "cuModuleLoadData".to_owned(),
                code: CallCode(218),
                log: String::new(),
            });
        },
        "gpu/ptx-jit-broken",
    );
    fn bandwidth(gb_per_s: f64) -> Reading<BandwidthRun> {
        Found(BandwidthRun { gb_per_s, peak_gb_per_s: Some(4800.0), verified: true })
    }
    ran(|gpu| gpu.device_memory = bandwidth(1900.0), "gpu/bandwidth-low");
    ran(
        |gpu| gpu.fp32 = Found(RateRun { tflops: 9.0, peak_tflops: Some(66.9), verified: true }),
        "gpu/arithmetic-rate-low",
    );
    ran(
        |gpu| {
            gpu.watch.pcie_generation = Found(5);
            gpu.watch.pcie_width = Found(16);
            gpu.host_to_device = bandwidth(11.0);
        },
        "gpu/transfer-slow",
    );
    ran(
        |gpu| {
            gpu.watch.pcie_generation = Found(5);
            gpu.watch.pcie_width = Found(4);
            gpu.host_to_device = bandwidth(55.0);
        },
        "gpu/pcie-link-narrow",
    );
}
