//! How time passes for a check: the reference server's clock is moved, any other provider is waited for, within what the user allows.

use std::time::Duration;

use super::halt::{Halt, Step};
use super::realm;
use super::scene::Scene;

impl Scene {
    /// Lets this much time pass for the provider.
    pub async fn pass(&mut self, time: Duration) -> Step {
        if self.check.tags.own_realm && self.target.provider.admin.is_some() {
            return realm::advance(self, time).await;
        }
        if time > self.max_wait {
            let seconds = time.as_secs();
            return Err(Halt::NotApplicable(format!("would wait {seconds} s: needs --max-wait {seconds}")));
        }
        tokio::time::sleep(time).await;
        Ok(())
    }
}
