//! Faults in containers and WSL, and of the tools around CUDA.

use super::*;
use crate::*;

/// A fault with a need of its own.
fn needing(all: &mut Faults, need: Need, change: impl FnOnce(&mut Facts), root: &'static str) {
    let mut facts = example::h200();
    change(&mut facts);
    all.0.push((facts, need, root));
}

fn set(facts: &mut Facts, name: &str, value: &str) {
    facts.environment.variables.insert(name.to_owned(), value.to_owned());
}

pub(super) fn in_containers_and_wsl(all: &mut Faults) {
    all.add(example::no_gpu(), |_| {}, "gpu/no-nvidia-device");
    let technologies = ["docker", "podman", "kubernetes", "lxc", "buildkit"];
    for technology in technologies {
        let without = |facts: &mut Facts| {
            enter_container(facts);
            facts.host.machine.container = Found(technology.to_owned());
            faults::remove_libraries(facts);
            facts.device_nodes = Found(Vec::new());
        };
        all.add(example::h200(), without, "gpu/container-without-gpu");
    }
    for technology in ["podman", "kubernetes"] {
        let refused = |facts: &mut Facts, errno: &str| {
            enter_container(facts);
            facts.host.machine.container = Found(technology.to_owned());
            faults::refuse_nodes(facts, errno, |_| true);
            faults::nvml_fails(facts, 999);
            faults::cuda_fails(facts, 999);
        };
        all.add(example::h200(), |facts| refused(facts, "EPERM"), "gpu/container-lost-gpu");
        all.add(example::h200(), |facts| refused(facts, "EACCES"), "gpu/device-node-permission");
    }
    let inside = |facts: &mut Facts, change: &dyn Fn(&mut Facts)| {
        enter_container(facts);
        change(facts);
    };
    let codes = [
        (3, "gpu/hmm-breaks-init"),
        (46, "gpu/device-busy"),
        (100, "gpu/cuda-init-failed"),
        (802, "gpu/fabric-not-ready"),
        (803, "gpu/driver-version-mismatch"),
    ];
    for (code, root) in codes {
        let fails = |facts: &mut Facts| inside(facts, &|facts| faults::cuda_fails(facts, code));
        all.add(example::h200(), fails, root);
    }
    let lacks_compute = |facts: &mut Facts| {
        inside(facts, &|facts| {
            set(facts, "NVIDIA_DRIVER_CAPABILITIES", "utility");
            facts.driver_libraries.cuda = Vec::new();
            facts.cuda =
                Probed::Answered(Cuda { library: Absent, init: Absent, ..Cuda::default() });
            facts.smoke = Some(Probed::NotRun("no `libcuda.so.1`".to_owned()));
        });
    };
    all.add(example::h200(), lacks_compute, "gpu/driver-capabilities-missing");
    let newer_image = |facts: &mut Facts| {
        inside(facts, &|facts| set(facts, "NVIDIA_REQUIRE_CUDA", "cuda>=13.0"));
    };
    all.add(example::h200(), newer_image, "gpu/image-requirement-unmet");
    for (code, root) in [
        (46, "gpu/device-busy"),
        (803, "gpu/driver-version-mismatch"),
        (999, "gpu/cuda-init-failed"),
        (35, "gpu/driver-too-old-for-cuda"),
    ] {
        all.add(example::rtx_4060_wsl(), |facts| faults::cuda_fails(facts, code), root);
    }
    let hung = |facts: &mut Facts| {
        let stage = "cuInit".to_owned();
        facts.cuda = Probed::Hung { stage, after_s: 10.0, unkillable: false, partial: None };
        facts.smoke = Some(Probed::NotRun("CUDA hung".to_owned()));
    };
    all.add(example::rtx_4060_wsl(), hung, "gpu/driver-hung");
    all.add(example::rtx_4060_wsl(), |facts| faults::nvml_fails(facts, 9), "gpu/nvml-failed");
    let version_1 = |facts: &mut Facts| {
        facts.host.machine.wsl = Found(1);
        faults::remove_libraries(facts);
    };
    all.add(example::rtx_4060_wsl(), version_1, "gpu/wsl-version-1");
    let empty_library = |facts: &mut Facts| {
        facts.driver_libraries.cuda[0].elf = Found(false);
        let library = Unknown("file too short".to_owned());
        facts.cuda = Probed::Answered(Cuda { library, init: Absent, ..Cuda::default() });
        facts.smoke = Some(Probed::NotRun("no `libcuda.so.1`".to_owned()));
    };
    all.add(example::h200(), empty_library, "gpu/driver-library-broken");
    let two_libraries = |facts: &mut Facts| {
        let mut other = facts.driver_libraries.cuda[0].clone();
        other.path = "/opt/old/libcuda.so.1".to_owned();
        other.version = Found("535.54.03".parse().unwrap());
        facts.driver_libraries.cuda.push(other);
    };
    all.add(example::h200(), two_libraries, "gpu/several-driver-libraries");
    let updated = |facts: &mut Facts| {
        let Found(modules) = &mut facts.kernel_module.on_disk else { return };
        modules[0].version = Found("580.65.06".parse().unwrap());
    };
    all.add(example::h200(), updated, "gpu/reboot-pending");
    let slept = |facts: &mut Facts| {
        facts.host.machine.laptop = Found(true);
        faults::cuda_fails(facts, 999);
    };
    all.add(example::h200(), slept, "gpu/uvm-broken");
}

pub(super) fn software(all: &mut Faults) {
    let runner = || Need { profile: Profile::Runner, ..Need::default() };
    let node = || Need { profile: Profile::Node, ..Need::default() };
    let closed = |facts: &mut Facts| {
        facts.containers.docker = Unknown("EACCES".to_owned());
        let (socket, reason) = ("/var/run/docker.sock".to_owned(), "EACCES".to_owned());
        facts.containers.docker_refused = Found(DockerRefusal { socket, reason });
    };
    needing(all, runner(), closed, "gpu/docker-permission");
    let none = |facts: &mut Facts| facts.containers.docker = Absent;
    needing(all, runner(), none, "gpu/docker-unreachable");
    let snap = |facts: &mut Facts| facts.containers.docker_is_snap = Found(true);
    needing(all, runner(), snap, "gpu/docker-is-snap");
    fn forget_runtime(facts: &mut Facts) {
        let Found(docker) = &mut facts.containers.docker else { return };
        docker.runtimes = vec!["runc".to_owned()];
        facts.containers.daemon_json_runtimes = Absent;
    }
    let bare = |facts: &mut Facts| {
        forget_runtime(facts);
        facts.containers.nvidia_ctk = Absent;
        facts.containers.nvidia_container_runtime = Absent;
    };
    needing(all, runner(), bare, "gpu/container-toolkit-missing");
    needing(all, Need::default(), forget_runtime, "gpu/docker-runtime-missing");
    let podman = |facts: &mut Facts| {
        facts.containers.docker = Absent;
        facts.containers.podman = Found("4.9.3".to_owned());
    };
    needing(all, Need::default(), podman, "gpu/cdi-spec-missing");
    let spec = |version: &str| CdiSpec {
        path: "/etc/cdi/nvidia.yaml".to_owned(),
        version: Found(version.to_owned()),
        kind: Found("nvidia.com/gpu".to_owned()),
        ..CdiSpec::default()
    };
    let too_new = |facts: &mut Facts| {
        podman(facts);
        facts.containers.cdi = vec![spec("0.7.0")];
    };
    needing(all, Need::default(), too_new, "gpu/cdi-spec-too-new");
    let stale = |facts: &mut Facts| {
        let path = "/dev/nvidia-uvm".to_owned();
        let nodes = vec![CdiDevice { path, stated: Found((510, 0)), live: Found((508, 0)) }];
        let twin = CdiSpec { path: "/var/run/cdi/nvidia.yaml".to_owned(), ..spec("0.5.0") };
        facts.containers.cdi = vec![CdiSpec { nodes, ..spec("0.5.0") }, twin];
    };
    needing(all, Need::default(), stale, "gpu/cdi-spec-stale");
    needing(all, node(), |_| {}, "gpu/node-runtime-missing");
    for socket in ["/run/containerd/containerd.sock", "/run/k3s/containerd/containerd.sock"] {
        let unaware = |facts: &mut Facts| {
            facts.containers.containerd_socket = Found(socket.to_owned());
            facts.containers.containerd_has_nvidia = Found(false);
            facts.containers.nvidia_ctk = Absent;
        };
        needing(all, node(), unaware, "gpu/node-runtime-missing");
    }
    let cuda = |version: &str| Need { cuda: Some(version.parse().unwrap()), ..Need::default() };
    needing(all, cuda("12.4"), |_| {}, "gpu/toolkit-version-differs");
    let toolkit = |facts: &mut Facts, version: &str| {
        facts.toolkits[0].version = Found(version.parse().unwrap());
    };
    needing(all, cuda("13.0"), |facts| toolkit(facts, "13.0"), "gpu/driver-too-old-for-cuda");
    let newer = "gpu/driver-needs-minor-compatibility";
    needing(all, cuda("12.9"), |facts| toolkit(facts, "12.9"), newer);
    let old = Need { driver: Some("580.65.06".parse().unwrap()), ..Need::default() };
    needing(all, old, |_| {}, "gpu/driver-too-old");
    let ended = |facts: &mut Facts| {
        let old = "535.183.01";
        facts.taken_at_unix_s = 1_795_000_000;
        let Found(loaded) = &mut facts.kernel_module.loaded else { return };
        loaded.version = old.parse().unwrap();
        let Probed::Answered(nvml) = &mut facts.nvml else { return };
        nvml.driver_version = Found(old.parse().unwrap());
        facts.kernel_module.on_disk = Found(Vec::new());
    };
    needing(all, Need::default(), ended, "gpu/driver-branch-end-of-life");
    let wish = vec![GpuWish::Model("RTX 5090".to_owned())];
    needing(all, Need { gpus: wish, ..Need::default() }, |_| {}, "gpu/gpu-not-in-project");
    let dropped = |facts: &mut Facts| {
        toolkit(facts, "11.2");
        facts.host_compiler = Absent;
    };
    needing(all, Need::default(), dropped, "gpu/architecture-not-in-toolkit");
    let two_toolkits = |facts: &mut Facts| {
        let mut other = facts.toolkits[0].clone();
        other.path = "/opt/cuda 12.4".to_owned();
        other.version = Found("12.4".parse().unwrap());
        other.first_on_path = false;
        other.found_by = vec!["CUDA_HOME".to_owned()];
        facts.toolkits.push(other);
    };
    needing(all, Need::default(), two_toolkits, "gpu/several-toolkits");
    let compiler = |facts: &mut Facts| {
        let Found(compiler) = &mut facts.host_compiler else { return };
        compiler.major = Found(15);
    };
    needing(all, Need::default(), compiler, "gpu/host-compiler-too-new");
    let glibc = |facts: &mut Facts| facts.host.glibc = Found("2.42".to_owned());
    needing(all, Need::default(), glibc, "gpu/glibc-too-new");
    let cudnn = |folder: &str, version: &str| CudnnCopy {
        folder: folder.to_owned(),
        version: Found(version.parse().unwrap()),
        found_by: "loader path".to_owned(),
        ..CudnnCopy::default()
    };
    let parts = |facts: &mut Facts| {
        let incomplete = vec!["libcudnn_ops".to_owned()];
        facts.cudnn = vec![CudnnCopy { incomplete, ..cudnn("/usr/lib", "9.1.0") }];
    };
    needing(all, Need::default(), parts, "gpu/cudnn-incomplete");
    let two = |facts: &mut Facts| {
        facts.cudnn = vec![cudnn("/usr/lib", "9.1.0"), cudnn("/opt/lib", "9.10.2")];
    };
    needing(all, Need::default(), two, "gpu/several-cudnn");
    let nine = Need { cudnn: Some("9.10".parse().unwrap()), ..Need::default() };
    let one = |facts: &mut Facts| facts.cudnn = vec![cudnn("/usr/lib", "9.1.0")];
    needing(all, nine, one, "gpu/cudnn-version-differs");
    let install = |facts: &mut Facts, tool: Profiler, path: &str| {
        let (path, version) = (path.to_owned(), Absent);
        facts.profilers.tools = vec![ToolCopy { tool, path, version, on_path: true }];
    };
    let counters = |facts: &mut Facts| {
        install(facts, Profiler::NsightCompute, "/usr/local/cuda/bin/ncu");
        facts.kernel_module.parameters.profiling_admin_only = Found(true);
    };
    needing(all, Need::default(), counters, "gpu/profiling-not-permitted");
    let nsys = |facts: &mut Facts| install(facts, Profiler::NsightSystems, "/usr/bin/nsys");
    let sampling = |facts: &mut Facts| {
        nsys(facts);
        facts.profilers.perf_event_paranoid = Found(4);
    };
    needing(all, Need::default(), sampling, "gpu/sampling-not-permitted");
    let noexec = |facts: &mut Facts| {
        nsys(facts);
        facts.host.temporary_folder.noexec = Found(true);
    };
    needing(all, Need::default(), noexec, "gpu/temporary-folder-noexec");
    python(all);
    let full = |facts: &mut Facts| facts.host.disks[0].free_mib = Found(1200);
    needing(all, Need::default(), full, "gpu/disk-nearly-full");
}

fn python(all: &mut Faults) {
    let package = |name: &str, version: &str, cuda: Reading<&str>| PythonPackage {
        name: name.to_owned(),
        version: version.to_owned(),
        cuda: cuda.map(|cuda| cuda.parse().unwrap()),
        architectures: Absent,
    };
    let install = |packages: Vec<PythonPackage>| {
        move |facts: &mut Facts| {
            facts.python = vec![PythonEnvironment {
                site_packages: "/home/dev/.venv/lib/python3.11/site-packages".to_owned(),
                found_by: ".venv".to_owned(),
                python: Found("3.11".parse().unwrap()),
                packages,
                unreadable: Vec::new(),
            }];
        }
    };
    let plain = vec![package("torch", "2.9.1+cpu", Absent)];
    needing(all, Need::default(), install(plain), "gpu/wheel-without-cuda");
    let newer = vec![package("torch", "2.9.1+cu130", Found("13.0"))];
    needing(all, Need::default(), install(newer), "gpu/wheel-cuda-too-new");
    let architectures = Found(vec![cuda_compat::ComputeCapability::new(8, 6)]);
    let other = PythonPackage { architectures, ..package("torch", "2.9.1+cu126", Found("12.6")) };
    needing(all, Need::default(), install(vec![other]), "gpu/wheel-without-architecture");
    let mixed = vec![
        package("jax", "0.4.30", Found("11.8")),
        package("torch", "2.9.1+cu126", Found("12.6")),
    ];
    needing(all, Need::default(), install(mixed), "gpu/several-gpu-stacks");
    let twelve = Need { python: Some("3.12".parse().unwrap()), ..Need::default() };
    needing(all, twelve, install(Vec::new()), "gpu/python-version-differs");
}
