//! Xids: the numbers under which the kernel module reports that something went wrong on a GPU.
//!
//! [`xid`] says what a number means and who can do something about it; [`parse_kernel_log`] finds
//! them in the kernel log, with the messages of a driver that did not start.
//!
//! The table holds the codes that NVIDIA documents. To add one, put a row into the file of its
//! group, in the order of the codes; the tests say whether it stands right.

mod engines;
mod line;
mod links;
mod log;
mod memory;
mod program;
mod stamp;

pub use line::parse_xid_line;
pub use log::parse_kernel_log;

/// What a documented Xid means and what to do.
///
/// Sources disagree on the weight of the codes that a faulty program causes: some monitors ask for
/// a reboot. This table follows NVIDIA, which says to restart the program.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Xid {
    /// The number in the log.
    pub code: u32,
    /// NVIDIA's name, such as `ROBUST_CHANNEL_GPU_HAS_FALLEN_OFF_THE_BUS`.
    pub name: &'static str,
    /// What happened.
    pub meaning: &'static str,
    /// Which part it happened in.
    pub class: XidClass,
    /// What it leaves behind.
    pub impact: XidImpact,
    /// What NVIDIA says to do first.
    pub action: XidAction,
    /// Whether a fault in the program is the usual cause.
    pub likely_application_bug: bool,
    /// What to do, for a developer.
    pub advice: &'static str,
}

/// The part of the system that an [`Xid`] belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum XidClass {
    /// The program, or the engine that ran it.
    Application,
    /// PCIe or another way between host and GPU.
    Bus,
    /// The display engine.
    Display,
    /// The driver itself.
    Driver,
    /// The firmware on the GPU.
    Firmware,
    /// The board.
    Hardware,
    /// Something stopped answering.
    Hang,
    /// Not an error.
    Information,
    /// GPU memory.
    Memory,
    /// NVLink or the chip-to-chip link.
    Nvlink,
    /// Power supply and power smoothing.
    Power,
    /// Confidential computing.
    Security,
    /// vGPU.
    Virtualization,
}

/// What an [`Xid`] leaves behind.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum XidImpact {
    /// Nothing.
    Nothing,
    /// Nothing yet; more of them would be a bad sign.
    Watch,
    /// A program died or its work is lost; the GPU is usable.
    ProgramDied,
    /// The GPU is not to be used before it is reset, rebooted or replaced.
    GpuUnusable,
}

/// What NVIDIA says to do first about an [`Xid`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum XidAction {
    /// Look at power connectors, slot and board.
    CheckHardware,
    /// Look at the NVLink connections.
    CheckNvlink,
    /// Report it to the vendor.
    ContactVendor,
    /// Do what the driver's own recovery advice says.
    FollowRecoveryAction,
    /// Nothing.
    Ignore,
    /// Restart the machine.
    Reboot,
    /// Reset the GPU.
    ResetGpu,
    /// Restart the program.
    RestartProgram,
    /// Restart the virtual machine.
    RestartVirtualMachine,
    /// Judge by the Xid that stands beside it.
    SeeOtherXid,
    /// NVIDIA gives none.
    Unspecified,
    /// Update the driver.
    UpdateDriver,
}

/// Who can do something about an [`Xid`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum XidActor {
    /// Nobody needs to.
    Nobody,
    /// Whoever wrote or runs the program.
    Developer,
    /// Whoever looks after the machine.
    Administrator,
}

impl Xid {
    /// Who can do something about it.
    pub fn actor(&self) -> XidActor {
        if self.likely_application_bug {
            return XidActor::Developer;
        }
        match self.action {
            XidAction::Ignore if self.impact < XidImpact::ProgramDied => XidActor::Nobody,
            XidAction::RestartProgram => XidActor::Developer,
            XidAction::Ignore
            | XidAction::CheckHardware
            | XidAction::CheckNvlink
            | XidAction::ContactVendor
            | XidAction::FollowRecoveryAction
            | XidAction::Reboot
            | XidAction::ResetGpu
            | XidAction::RestartVirtualMachine
            | XidAction::SeeOtherXid
            | XidAction::Unspecified
            | XidAction::UpdateDriver => XidActor::Administrator,
        }
    }
}

/// What the code means; `None` for a code that NVIDIA does not document.
pub fn xid(code: u32) -> Option<&'static Xid> {
    xids().find(|row| row.code == code)
}

/// Every documented Xid, group by group.
pub fn xids() -> impl Iterator<Item = &'static Xid> {
    [engines::ROWS, links::ROWS, memory::ROWS, program::ROWS].into_iter().flatten()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn groups_are_sorted_and_codes_unique() {
        for group in [engines::ROWS, links::ROWS, memory::ROWS, program::ROWS] {
            assert!(group.is_sorted_by(|one, next| one.code < next.code));
        }
        let mut codes: Vec<u32> = xids().map(|row| row.code).collect();
        codes.sort_unstable();
        assert!(codes.is_sorted_by(|one, next| one < next), "a code stands twice");
        assert_eq!(codes.len(), 117);
    }

    #[test]
    fn words_follow_the_rules() {
        let proper = ["GPU", "PCIe", "NVLink", "ECC"];
        for row in xids() {
            for text in [row.meaning, row.advice] {
                let lower = text.starts_with(|first: char| first.is_lowercase() || first == '`');
                assert!(lower || proper.iter().any(|word| text.starts_with(word)), "{text:?}");
                assert!(!text.ends_with('.'), "{text:?}");
            }
            assert!(row.name.bytes().all(|byte| byte == b'_' || byte.is_ascii_alphanumeric()));
        }
    }

    #[test]
    fn says_who_can_act() {
        let check = |code: u32, impact: XidImpact, action: XidAction, actor: XidActor| {
            let row = xid(code).unwrap();
            assert_eq!((row.impact, row.action, row.actor()), (impact, action, actor), "{code}");
        };
        use {XidAction as Action, XidActor as Actor, XidImpact as Impact};
        check(13, Impact::ProgramDied, Action::RestartProgram, Actor::Developer);
        check(31, Impact::ProgramDied, Action::RestartProgram, Actor::Developer);
        check(43, Impact::Watch, Action::Ignore, Actor::Developer);
        check(48, Impact::GpuUnusable, Action::ResetGpu, Actor::Administrator);
        check(63, Impact::Nothing, Action::Ignore, Actor::Nobody);
        check(79, Impact::GpuUnusable, Action::Reboot, Actor::Administrator);
        check(94, Impact::ProgramDied, Action::RestartProgram, Actor::Developer);
        check(119, Impact::GpuUnusable, Action::ResetGpu, Actor::Administrator);
        check(160, Impact::GpuUnusable, Action::Ignore, Actor::Administrator);
        assert_eq!(xid(0), None);
        assert_eq!(xid(1), None, "reserved codes are not documented");
    }
}
