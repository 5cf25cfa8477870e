//! How time passes for a check: the reference server's clock is moved, any other provider is waited for, within what the user allows.

use std::time::Duration;

use super::halt::{Halt, Step};
use super::scene::Scene;

impl Scene {
    /// Lets this much time pass for the provider.
    pub async fn pass(&mut self, time: Duration) -> Step {
        if self.in_own_realm
            && let Some(admin) = &self.target.provider.admin
        {
            return admin.advance(&self.wire, time).await.map_err(|error| Halt::blocked(error.to_string()));
        }
        if time > self.max_wait {
            let seconds = time.as_secs();
            return Err(Halt::NotApplicable(format!("would wait {seconds} s: needs --max-wait {seconds}")));
        }
        tokio::time::sleep(time).await;
        Ok(())
    }
}
