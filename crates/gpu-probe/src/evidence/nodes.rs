//! The device nodes: which are there, which are needed, which refuse.

use super::{cuda_works, in_container, nvml_failure};
use crate::{DeviceNode, Facts, NodeAccess};

/// The nodes whose opening failed with one of `errnos`.
pub(crate) fn refused_nodes<'a>(
    facts: &'a Facts,
    errnos: &'a [&'a str],
) -> impl Iterator<Item = (&'a DeviceNode, &'a str)> {
    let nodes = facts.device_nodes.found().map_or(&[][..], Vec::as_slice);
    nodes.iter().filter_map(move |node| match &node.access {
        NodeAccess::Refused(errno) if errnos.contains(&errno.as_str()) => {
            Some((node, errno.as_str()))
        }
        NodeAccess::Refused(_) | NodeAccess::Opened | NodeAccess::NotTried(_) => None,
    })
}

/// Whether a node is there; `None` where the nodes could not be looked at.
pub(crate) fn node_exists(facts: &Facts, is_it: impl Fn(&str) -> bool) -> Option<bool> {
    let gone = |node: &DeviceNode| node.access == NodeAccess::Refused("ENOENT".to_owned());
    let nodes = facts.device_nodes.found()?;
    Some(nodes.iter().any(|node| is_it(&node.path) && !gone(node)))
}

/// Whether `path` is the node of one GPU, such as `/dev/nvidia0`.
pub(crate) fn is_gpu_node(path: &str) -> bool {
    path.strip_prefix("/dev/nvidia").is_some_and(|number| {
        !number.is_empty() && number.bytes().all(|byte| byte.is_ascii_digit())
    })
}

/// Whether CUDA needs the node. Those of `nvidia-caps`, `nvidia-modeset` and the like are for root,
/// for MIG and for graphics.
pub(crate) fn is_needed_node(path: &str) -> bool {
    path == "/dev/nvidiactl" || path == "/dev/nvidia-uvm" || is_gpu_node(path)
}

/// What `open(2)` gives where the driver or the GPU behind a node is gone.
pub(crate) const DEAD: &[&str] = &["EIO", "ENODEV", "ENXIO"];

/// What opening the node of `nvidia_uvm` gave, where it is there and dead.
pub(crate) fn dead_uvm_node(facts: &Facts) -> Option<&str> {
    let mut dead = refused_nodes(facts, DEAD);
    dead.find(|(node, _)| node.path == "/dev/nvidia-uvm").map(|(_, errno)| errno)
}

/// Whether this container may not use its GPU, by a rule of its cgroup.
pub(crate) fn lost_by_container(facts: &Facts) -> bool {
    let mut refused = refused_nodes(facts, &["EPERM"]);
    // Where CUDA works, the nodes that refuse are those of GPUs that others were given.
    let works = cuda_works(facts) && nvml_failure(facts).is_none();
    let refused = !works && refused.any(|(node, _)| is_needed_node(&node.path));
    let unseen = facts.device_nodes.unknown().is_some()
        && nvml_failure(facts).is_some_and(|code| code.0 == 999);
    in_container(facts) && (refused || unseen)
}
