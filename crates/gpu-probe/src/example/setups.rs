//! The example machine in one state that the tests of several checks need.

use super::*;

/// The example machine, with its smoke test changed.
pub(crate) fn with_smoke(change: impl FnOnce(&mut SmokeGpu)) -> Facts {
    let mut facts = h200();
    let Some(Probed::Answered(smoke)) = &mut facts.smoke else {
        panic!("the example ran a smoke test")
    };
    change(&mut smoke.gpus[0]);
    facts
}

/// The example machine, in which the cubin or the PTX kernel fails with these codes.
pub(crate) fn with_runs(cubin: Option<u32>, ptx: Option<u32>) -> Facts {
    let failed = |code: u32| {
        Found(KernelRun::Failed {
            call: "cuModuleLoadData".to_owned(),
            code: CallCode(code),
            log: String::new(),
        })
    };
    with_smoke(|gpu| {
        if let Some(code) = cubin {
            gpu.cubin = failed(code);
        }
        if let Some(code) = ptx {
            gpu.ptx = failed(code);
        }
    })
}

/// The example machine, with its GPU of NVML changed.
pub(crate) fn with_nvml_gpu(change: impl FnOnce(&mut NvmlGpu)) -> Facts {
    let mut facts = h200();
    let Probed::Answered(nvml) = &mut facts.nvml else { panic!("the example has NVML") };
    change(&mut nvml.gpus[0]);
    facts
}

/// The example machine with a driver for this CUDA.
pub(crate) fn with_driver_cuda(version: &str) -> Facts {
    let mut facts = h200();
    let version = Found(version.parse().unwrap());
    if let Probed::Answered(cuda) = &mut facts.cuda {
        cuda.version = version.clone();
    }
    if let Probed::Answered(nvml) = &mut facts.nvml {
        nvml.cuda_version = version;
    }
    facts
}

/// The example machine with these Xids in its kernel log.
pub(crate) fn with_xids(codes: &[u32]) -> Facts {
    let mut facts = h200();
    let event = |code: &u32| XidEvent {
        code: *code,
        pci_address: H200_ADDRESS.to_owned(),
        since_boot_s: Found(1234),
        pid: Found(4711),
        program: Found("train".to_owned()),
        text: "pid=4711, name=train".to_owned(),
    };
    if let Found(log) = &mut facts.kernel_log {
        log.xids = codes.iter().map(event).collect();
    }
    facts
}

/// The example machine with Docker and without any trace of the toolkit.
pub(crate) fn without_toolkit() -> Facts {
    let mut facts = h200();
    let containers = &mut facts.containers;
    containers.nvidia_ctk = Absent;
    containers.nvidia_container_runtime = Absent;
    containers.daemon_json_runtimes = Found(Vec::new());
    if let Found(engine) = &mut containers.docker {
        engine.runtimes = vec!["runc".to_owned()];
    }
    facts
}

/// The example machine with a second toolkit, which `CUDA_HOME` names.
pub(crate) fn with_second_toolkit(version: &str) -> Facts {
    let mut facts = h200();
    facts.toolkits.push(Toolkit {
        path: format!("/usr/local/cuda-{version}"),
        found_by: vec!["CUDA_HOME".to_owned(), "/usr/local".to_owned()],
        version: Found(version.parse().unwrap()),
        ..Toolkit::default()
    });
    facts
}

/// The example machine with a tool installed.
pub(crate) fn with_tool(tool: Profiler) -> Facts {
    let mut facts = h200();
    facts.profilers.tools.push(ToolCopy {
        tool,
        path: "/usr/local/cuda-12.6/bin/tool".to_owned(),
        version: Absent,
        on_path: true,
    });
    facts
}

/// The example machine with one virtual environment of these packages: name, version, CUDA.
pub(crate) fn with_packages(packages: &[(&str, &str, Reading<&str>)]) -> Facts {
    let package = |(name, version, cuda): &(&str, &str, Reading<&str>)| PythonPackage {
        name: (*name).to_owned(),
        version: (*version).to_owned(),
        cuda: cuda.clone().map(|text| text.parse().unwrap()),
        architectures: Reading::Unknown("not in its files".to_owned()),
    };
    let mut facts = h200();
    facts.python.push(PythonEnvironment {
        site_packages: "/home/dev/.venv/lib/python3.11/site-packages".to_owned(),
        found_by: "VIRTUAL_ENV".to_owned(),
        python: Found("3.11".parse().unwrap()),
        packages: packages.iter().map(package).collect(),
        unreadable: Vec::new(),
    });
    facts
}
