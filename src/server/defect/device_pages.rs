//! Bugs of the pages where a user types the code of a device and decides.

use super::Defects;
use crate::server::core::device::{Decision, Device};
use crate::server::core::form::Parameters;

table! { DevicePages;
    /// Lets a user code be typed and decided once more after the user has decided.
    ReopensDecidedUserCodes violates ["device-user-code-spent"];
    /// Lets a user code be approved after its time.
    ApprovesExpiredUserCodes violates ["device-user-code-spent"];
    /// Takes the approval of a device, at an address that everybody knows, without the hidden token of its page.
    AcceptsDeviceApprovalWithoutCsrfToken violates ["device-approval-csrf-protected"];
    /// Looks only whether there is a hidden token with the approval of a device, not which; its address everybody knows.
    AcceptsAnyCsrfTokenForDevices violates ["device-approval-csrf-protected"];
    /// Lets everybody type as many wrong user codes as they like.
    NeverLimitsUserCodeGuesses violates ["device-user-code-guessing-limited"];
    /// Asks for the decision about a device without a word on who asks or for what.
    HidesClientFromDeviceUser violates ["device-verification-names-client"];
}

/// Whether the user can still decide about the device.
pub fn waits(defects: &Defects, device: &Device, now: u64) -> bool {
    let undecided = device.decision == Decision::Pending || defects.has(Flaw::ReopensDecidedUserCodes);
    let in_time = now < device.expires_at || defects.has(Flaw::ApprovesExpiredUserCodes);
    undecided && in_time
}

/// Whether the decision comes from the page that asked for it.
pub fn decision_is_genuine(defects: &Defects, form: &Parameters, sound: bool) -> bool {
    let token = form.get("csrf");
    sound
        || token.is_none() && defects.has(Flaw::AcceptsDeviceApprovalWithoutCsrfToken)
        || token.is_some() && defects.has(Flaw::AcceptsAnyCsrfTokenForDevices)
}

/// Whether every page that asks for the decision has the same address.
pub fn asks_at_known_address(defects: &Defects) -> bool {
    defects.has(Flaw::AcceptsDeviceApprovalWithoutCsrfToken) || defects.has(Flaw::AcceptsAnyCsrfTokenForDevices)
}

/// Whether nobody may type a code just now.
pub fn guessing_is_stopped(defects: &Defects, sound: bool) -> bool {
    sound && !defects.has(Flaw::NeverLimitsUserCodeGuesses)
}

/// The title of a question that leaves out who asks.
pub fn title_that_says_nothing(defects: &Defects) -> Option<&'static str> {
    defects.has(Flaw::HidesClientFromDeviceUser).then_some("Continue?")
}
