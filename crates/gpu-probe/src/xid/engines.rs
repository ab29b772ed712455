//! Xids of the engines beside the compute engine: copy, video, JPEG, optical flow; and those of the
//! units of NVLink 5. Each unit has its own code and all codes of a kind mean the same.
//!
//! Source: NVIDIA's Xid catalogue (docs.nvidia.com/deploy/xid-errors) and the action buckets of
//! NVIDIA/NVSentinel (`xiderrorsmapping.csv`), read 2026-11-24; the words are our own. To renew the
//! table, compare codes and buckets with both.

use super::{Xid, XidAction, XidClass, XidImpact};

/// Sorted by code.
pub(super) const ROWS: &[Xid] = &[
    copy(39, "ROBUST_CHANNEL_CE0_ERROR"),
    copy(40, "ROBUST_CHANNEL_CE1_ERROR"),
    copy(41, "ROBUST_CHANNEL_CE2_ERROR"),
    encoder(47, "ROBUST_CHANNEL_NVENC0_ERROR"),
    encoder(65, "ROBUST_CHANNEL_NVENC1_ERROR"),
    decoder(68, "ROBUST_CHANNEL_NVDEC0_ERROR"),
    copy(70, "ROBUST_CHANNEL_CE3_ERROR"),
    copy(71, "ROBUST_CHANNEL_CE4_ERROR"),
    copy(72, "ROBUST_CHANNEL_CE5_ERROR"),
    encoder(73, "ROBUST_CHANNEL_NVENC2_ERROR"),
    copy(75, "ROBUST_CHANNEL_CE6_ERROR"),
    copy(76, "ROBUST_CHANNEL_CE7_ERROR"),
    copy(77, "ROBUST_CHANNEL_CE8_ERROR"),
    jpeg(82, "ROBUST_CHANNEL_NVJPG0_ERROR"),
    decoder(83, "ROBUST_CHANNEL_NVDEC1_ERROR"),
    decoder(84, "ROBUST_CHANNEL_NVDEC2_ERROR"),
    copy(85, "ROBUST_CHANNEL_CE9_ERROR"),
    optical_flow(86, "ROBUST_CHANNEL_OFA0_ERROR"),
    decoder(88, "ROBUST_CHANNEL_NVDEC3_ERROR"),
    decoder(89, "ROBUST_CHANNEL_NVDEC4_ERROR"),
    decoder(96, "ROBUST_CHANNEL_NVDEC5_ERROR"),
    decoder(97, "ROBUST_CHANNEL_NVDEC6_ERROR"),
    decoder(98, "ROBUST_CHANNEL_NVDEC7_ERROR"),
    jpeg(99, "ROBUST_CHANNEL_NVJPG1_ERROR"),
    jpeg(100, "ROBUST_CHANNEL_NVJPG2_ERROR"),
    jpeg(101, "ROBUST_CHANNEL_NVJPG3_ERROR"),
    jpeg(102, "ROBUST_CHANNEL_NVJPG4_ERROR"),
    jpeg(103, "ROBUST_CHANNEL_NVJPG5_ERROR"),
    jpeg(104, "ROBUST_CHANNEL_NVJPG6_ERROR"),
    jpeg(105, "ROBUST_CHANNEL_NVJPG7_ERROR"),
    copy(126, "ROBUST_CHANNEL_CE10_ERROR"),
    copy(127, "ROBUST_CHANNEL_CE11_ERROR"),
    copy(128, "ROBUST_CHANNEL_CE12_ERROR"),
    copy(129, "ROBUST_CHANNEL_CE13_ERROR"),
    copy(130, "ROBUST_CHANNEL_CE14_ERROR"),
    copy(131, "ROBUST_CHANNEL_CE15_ERROR"),
    copy(132, "ROBUST_CHANNEL_CE16_ERROR"),
    copy(133, "ROBUST_CHANNEL_CE17_ERROR"),
    copy(134, "ROBUST_CHANNEL_CE18_ERROR"),
    copy(135, "ROBUST_CHANNEL_CE19_ERROR"),
    optical_flow(139, "ROBUST_CHANNEL_OFA1_ERROR"),
    encoder(142, "ROBUST_CHANNEL_NVENC3_ERROR"),
    nvlink5(144, "NVLINK_SAW_ERROR", "an NVLink 5 error in the SAW unit"),
    nvlink5(145, "NVLINK_RLW_ERROR", "an NVLink 5 error in the RLW unit"),
    nvlink5(146, "NVLINK_TLW_ERROR", "an NVLink 5 error in the TLW unit"),
    nvlink5(147, "NVLINK_TREX_ERROR", "an NVLink 5 error in the TREX unit"),
    nvlink5(148, "NVLINK_NVLPW_CTRL_ERROR", "an NVLink 5 error in the NVLPW control unit"),
    nvlink5(149, "NVLINK_NETIR_ERROR", "an NVLink 5 error in the network interface (NETIR) unit"),
    nvlink5(150, "NVLINK_MSE_ERROR", "an NVLink 5 error in the MSE unit"),
];

const fn copy(code: u32, name: &'static str) -> Xid {
    Xid {
        code,
        name,
        meaning: "a copy engine met a fault",
        class: XidClass::Application,
        impact: XidImpact::ProgramDied,
        action: XidAction::RestartProgram,
        likely_application_bug: false,
        advice: "restart the program; check the sizes of asynchronous copies and peer access; \
                 report it if it comes back",
    }
}

const fn encoder(code: u32, name: &'static str) -> Xid {
    Xid {
        code,
        name,
        meaning: "the video encoder met a fault",
        class: XidClass::Application,
        impact: XidImpact::ProgramDied,
        action: XidAction::ContactVendor,
        likely_application_bug: false,
        advice: "restart the program; report it to the vendor if it comes back",
    }
}

const fn decoder(code: u32, name: &'static str) -> Xid {
    Xid {
        code,
        name,
        meaning: "the video decoder met a fault",
        class: XidClass::Application,
        impact: XidImpact::ProgramDied,
        action: XidAction::RestartProgram,
        likely_application_bug: false,
        advice: "check the input stream and restart the program",
    }
}

const fn jpeg(code: u32, name: &'static str) -> Xid {
    Xid {
        code,
        name,
        meaning: "the JPEG engine met a fault",
        class: XidClass::Application,
        impact: XidImpact::ProgramDied,
        action: XidAction::RestartProgram,
        likely_application_bug: false,
        advice: "check the input and restart the program",
    }
}

const fn optical_flow(code: u32, name: &'static str) -> Xid {
    Xid {
        code,
        name,
        meaning: "the optical-flow engine met a fault",
        class: XidClass::Application,
        impact: XidImpact::ProgramDied,
        action: XidAction::RestartProgram,
        likely_application_bug: false,
        advice: "restart the program",
    }
}

const fn nvlink5(code: u32, name: &'static str, meaning: &'static str) -> Xid {
    Xid {
        code,
        name,
        meaning,
        class: XidClass::Nvlink,
        impact: XidImpact::ProgramDied,
        action: XidAction::CheckNvlink,
        likely_application_bug: false,
        advice: "read `Fatal` or `Nonfatal` and the link's number in the line; nonfatal: watch; \
                 fatal: reset the GPUs of the fabric, check cables or cartridge and Fabric Manager",
    }
}
