//! Whole machines for the tests of checks: healthy ones, which a test then breaks in one place.

use crate::Reading::{Absent, Found};
use crate::*;
use cuda_compat::ComputeCapability;

pub(crate) mod faults;
mod machines;
mod setups;

pub(crate) use machines::{eight_h100, no_gpu, rtx_4060_wsl};
pub(crate) use setups::*;

/// The address of the GPU in [`h200`].
pub(crate) const H200_ADDRESS: &str = "0000:18:00.0";

/// A bare-metal server with one H200, driver 570.86.15 and CUDA 12.6, in which nothing is wrong.
pub(crate) fn h200() -> Facts {
    Facts {
        schema: SCHEMA,
        taken_at_unix_s: 1_769_000_000,
        written_by: "0.1.0".to_owned(),
        redacted: false,
        host: host(),
        environment: Environment::default(),
        pci: Found(vec![PciGpu {
            address: H200_ADDRESS.to_owned(),
            device_id: 0x2335,
            driver: Found("nvidia".to_owned()),
            runtime_status: Found("active".to_owned()),
            memory_windows_assigned: Found(true),
            largest_window_mib: Found(262_144),
            max_link_width: Found(16),
            numa_node: Found(0),
        }]),
        kernel_module: kernel_module(),
        device_nodes: Found(
            ["/dev/nvidia-uvm", "/dev/nvidia0", "/dev/nvidiactl"].map(opened_node).to_vec(),
        ),
        kernel_log: Found(KernelLog {
            source: "/dev/kmsg".to_owned(),
            xids: Vec::new(),
            driver_messages: Vec::new(),
        }),
        driver_libraries: DriverLibraries {
            cuda: vec![library("/usr/lib/x86_64-linux-gnu/libcuda.so.1")],
            nvml: vec![library("/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1")],
            ptx_compiler: vec![library("/usr/lib/x86_64-linux-gnu/libnvidia-ptxjitcompiler.so.1")],
        },
        nvml: Probed::Answered(nvml()),
        cuda: Probed::Answered(cuda()),
        containers: containers(),
        toolkits: vec![Toolkit {
            path: "/usr/local/cuda-12.6".to_owned(),
            found_by: vec!["/usr/local".to_owned()],
            version: Found("12.6.3".parse().unwrap()),
            nvcc: Found("/usr/local/cuda-12.6/bin/nvcc".to_owned()),
            first_on_path: true,
            host_compiler_limit: Found(NvccLimit { gcc_max: Some(13), clang_max: Some(18) }),
        }],
        host_compiler: Found(HostCompiler {
            path: "/usr/bin/x86_64-linux-gnu-gcc-12".to_owned(),
            family: "gcc".to_owned(),
            major: Found(12),
        }),
        cudnn: Vec::new(),
        profilers: Profilers { tools: Vec::new(), perf_event_paranoid: Found(2) },
        python: Vec::new(),
        smoke: Some(Probed::Answered(smoke())),
    }
}

fn host() -> Host {
    Host {
        name: Found("server-1".to_owned()),
        os: Found(OperatingSystem {
            id: "ubuntu".to_owned(),
            version: "22.04".to_owned(),
            name: "Ubuntu 22.04.5 LTS".to_owned(),
        }),
        kernel_release: Found("5.15.0-130-generic".to_owned()),
        architecture: "x86_64".to_owned(),
        machine: Machine {
            wsl: Absent,
            container: Absent,
            hypervisor: Absent,
            vgpu_guest: Found(false),
            tegra: Absent,
            laptop: Found(false),
        },
        user: User {
            uid: 1000,
            name: Found("dev".to_owned()),
            groups: vec!["dev".to_owned(), "docker".to_owned()],
            cap_sys_admin: Found(false),
            cap_perfmon: Found(false),
        },
        secure_boot: Found(false),
        glibc: Found("2.35".to_owned()),
        memory_mib: Found(2_000_000),
        processors: Found(96),
        disks: vec![DiskSpace {
            path: "/".to_owned(),
            free_mib: Found(500_000),
            total_mib: Found(1_000_000),
        }],
        temporary_folder: MountedFolder { path: "/tmp".to_owned(), noexec: Found(false) },
    }
}

fn kernel_module() -> KernelModule {
    KernelModule {
        loaded: Found(LoadedModule { version: "570.86.15".parse().unwrap(), open: Found(true) }),
        uvm_loaded: Found(true),
        nouveau_loaded: Found(false),
        on_disk: Found(vec![DiskModule {
            path: "/lib/modules/5.15.0-130-generic/updates/dkms/nvidia.ko".to_owned(),
            version: Found("570.86.15".parse().unwrap()),
            license: Found("Dual MIT/GPL".to_owned()),
            signer: Absent,
        }]),
        dkms: Found(vec![DkmsModule { version: "570.86.15".to_owned(), built: true }]),
        kernel_headers: Found(true),
        forbidden_by: Found(Vec::new()),
        parameters: ModuleParameters {
            profiling_admin_only: Found(false),
            uvm_disable_hmm: Found(false),
            preserve_video_memory: Found(false),
        },
    }
}

/// A device node that opens.
pub(crate) fn opened_node(path: &str) -> DeviceNode {
    DeviceNode {
        path: path.to_owned(),
        device: Found((195, 0)),
        mode: Found(0o666),
        access: NodeAccess::Opened,
    }
}

fn library(path: &str) -> LibraryCopy {
    LibraryCopy {
        path: path.to_owned(),
        kind: LibraryKind::Driver,
        version: Found("570.86.15".parse().unwrap()),
        elf: Found(true),
    }
}

fn nvml() -> Nvml {
    Nvml {
        library: Found("/usr/lib/x86_64-linux-gnu/libnvidia-ml.so.1".to_owned()),
        library_version: Found("12.570.86.15".to_owned()),
        init: Found(CallCode::SUCCESS),
        driver_version: Found("570.86.15".parse().unwrap()),
        cuda_version: Found("12.8".parse().unwrap()),
        count: Found(1),
        gpus: vec![nvml_gpu()],
    }
}

fn nvml_gpu() -> NvmlGpu {
    let link = || PcieWidthGeneration { generation: Found(5), width: Found(16) };
    NvmlGpu {
        index: 0,
        handle: Found(CallCode::SUCCESS),
        name: Found("NVIDIA H200".to_owned()),
        uuid: Found("GPU-4f8b2d8e-0000-0000-0000-000000000000".to_owned()),
        serial: Found("1650000000000".to_owned()),
        pci_address: Found(H200_ADDRESS.to_owned()),
        compute_capability: Found(ComputeCapability::new(9, 0)),
        brand: Found("NVIDIA".to_owned()),
        vbios: Found("96.00.99.00.01".to_owned()),
        memory: Found(Memory { total_mib: 143_771, used_mib: 0, free_mib: 143_771 }),
        ecc_enabled: Found(true),
        ecc_pending: Found(true),
        ecc_errors: EccErrors {
            corrected_volatile: Found(0),
            uncorrected_volatile: Found(0),
            corrected_aggregate: Found(0),
            uncorrected_aggregate: Found(0),
        },
        remapped_rows: Found(RemappedRows::default()),
        page_retirement_pending: Absent,
        recovery_action: Found(0),
        clocks: Clocks {
            current: ClocksMhz { sm_mhz: Found(345), memory_mhz: Found(3201) },
            max: ClocksMhz { sm_mhz: Found(1980), memory_mhz: Found(3201) },
        },
        throttle_reasons: Found(vec![ThrottleReason::GpuIdle]),
        power: Power {
            usage_mw: Found(76_000),
            limit_mw: Found(700_000),
            default_limit_mw: Found(700_000),
        },
        temperature_c: Found(31),
        slowdown_temperature_c: Found(87),
        persistence: Found(true),
        compute_mode: Found(0),
        performance_state: Found(0),
        utilization_percent: Found(0),
        mig_enabled: Found(false),
        mig_pending: Found(false),
        mig_devices: Found(0),
        processes: Found(Vec::new()),
        pcie: PcieLink { current: link(), gpu_max: link(), system_max: link(), replays: Found(0) },
        fabric: Found(FabricState { state: 3, status: CallCode::SUCCESS }),
        nvlinks: Found((18, 18)),
        vgpu_license: Absent,
    }
}

fn cuda() -> Cuda {
    Cuda {
        library: Found(MappedLibrary {
            path: "/usr/lib/x86_64-linux-gnu/libcuda.so.570.86.15".to_owned(),
            also_mapped: Vec::new(),
        }),
        version: Found("12.8".parse().unwrap()),
        init: Found(CallCode::SUCCESS),
        count: Found(CallCode::SUCCESS),
        devices: vec![CudaDevice {
            ordinal: 0,
            name: Found("NVIDIA H200".to_owned()),
            uuid: Found("GPU-4f8b2d8e-0000-0000-0000-000000000000".to_owned()),
            pci_address: Found(H200_ADDRESS.to_owned()),
            compute_capability: Found(ComputeCapability::new(9, 0)),
            memory_mib: Found(143_156),
            multiprocessors: Found(132),
            clock_mhz: Found(1980),
            memory_clock_mhz: Found(3201),
            memory_bus_bits: Found(6144),
            integrated: Found(false),
            compute_mode: Found(0),
        }],
        missing_symbols: Vec::new(),
    }
}

fn containers() -> Containers {
    Containers {
        docker: Found(DockerEngine {
            socket: "/var/run/docker.sock".to_owned(),
            version: "28.2.2".to_owned(),
            runtimes: vec!["nvidia".to_owned(), "runc".to_owned()],
            default_runtime: "runc".to_owned(),
            cdi_folders: vec!["/etc/cdi".to_owned(), "/var/run/cdi".to_owned()],
            cgroup_driver: "systemd".to_owned(),
            rootless: false,
        }),
        docker_refused: Absent,
        docker_is_snap: Found(false),
        daemon_json_runtimes: Found(vec!["nvidia".to_owned()]),
        nvidia_ctk: Found("/usr/bin/nvidia-ctk".to_owned()),
        nvidia_container_runtime: Found("/usr/bin/nvidia-container-runtime".to_owned()),
        containerd_socket: Absent,
        containerd_has_nvidia: Absent,
        crio_socket: Absent,
        podman: Absent,
        kubelet: Found(false),
        cdi: Vec::new(),
    }
}

fn smoke() -> Smoke {
    let run = || Found(KernelRun::Correct { elements: 1 << 20, milliseconds: 0.02 });
    Smoke {
        depth: Depth::Quick,
        seconds: 0.4,
        interrupted: false,
        gpus: vec![SmokeGpu {
            ordinal: 0,
            name: Found("NVIDIA H200".to_owned()),
            pci_address: Found(H200_ADDRESS.to_owned()),
            cubin: run(),
            ptx: run(),
            ..SmokeGpu::default()
        }],
    }
}
