//! Stores that fail by plan, to test what is built on them.
//!
//! ```
//! use std::sync::Arc;
//! use allmende_storage::{
//!     ErrorKind, Tree, Decorated, Method,
//!     fault::{Fault, FaultPlan},
//!     memory::MemoryTree,
//! };
//!
//! # tokio::runtime::Builder::new_current_thread().build()?.block_on(async {
//! let plan = FaultPlan::default();
//! plan.add(Fault::fail(ErrorKind::Unavailable).on(Method::FindSpace).skip(1));
//! let tree = Decorated::new(Arc::new(MemoryTree::default()), plan);
//! assert!(tree.find_space("home:anna").await.is_ok());
//! assert!(tree.find_space("home:anna").await.is_err());
//! assert!(tree.find_space("home:anna").await.is_ok());
//! # });
//! # Ok::<(), std::io::Error>(())
//! ```

use std::{
    sync::{Arc, Mutex, PoisonError},
    time::Duration,
};

use crate::{ErrorKind, Method, Probe, Verdict};

/// One thing that goes wrong: on every method, at the first call, once, unless told
/// otherwise.
#[derive(Debug, Clone)]
pub struct Fault {
    verdict: Verdict,
    method: Option<Method>,
    skip: u64,
    times: u64,
}

impl Fault {
    fn new(verdict: Verdict) -> Self {
        Self { verdict, method: None, skip: 0, times: 1 }
    }

    /// The call fails, and the store is not called.
    #[must_use]
    pub fn fail(kind: ErrorKind) -> Self {
        Self::new(Verdict { fail: Some(kind), ..Verdict::default() })
    }

    /// The store is called, and its caller is told that it failed.
    #[must_use]
    pub fn lose_answer(kind: ErrorKind) -> Self {
        Self::new(Verdict { lose_answer: Some(kind), ..Verdict::default() })
    }

    /// The call waits first.
    #[must_use]
    pub fn delay(time: Duration) -> Self {
        Self::new(Verdict { delay: Some(time), ..Verdict::default() })
    }

    /// The body of a blob breaks after so many bytes, with an error.
    #[must_use]
    pub fn cut_body(bytes: u64) -> Self {
        let verdict = Verdict { cut_body: Some(bytes), ..Verdict::default() };
        Self::new(verdict).on(Method::GetBlob)
    }

    /// The body of a blob ends after so many bytes, as if it were the whole.
    #[must_use]
    pub fn tear_body(bytes: u64) -> Self {
        let verdict = Verdict { tear_body: Some(bytes), ..Verdict::default() };
        Self::new(verdict).on(Method::GetBlob)
    }

    /// Only on this method.
    #[must_use]
    pub fn on(self, method: Method) -> Self {
        Self { method: Some(method), ..self }
    }

    /// Lets so many calls pass first.
    #[must_use]
    pub fn skip(self, calls: u64) -> Self {
        Self { skip: calls, ..self }
    }

    /// Happens at so many calls, one after the other; at all with [`u64::MAX`].
    #[must_use]
    pub fn times(self, calls: u64) -> Self {
        Self { times: calls, ..self }
    }

    /// Whether it happens at this call. Counts the call.
    fn strikes(&mut self, method: Method) -> bool {
        if self.times == 0 || self.method.is_some_and(|wanted| wanted != method) {
            return false;
        }
        if self.skip > 0 {
            self.skip -= 1;
            return false;
        }
        if self.times < u64::MAX {
            self.times -= 1;
        }
        true
    }
}

/// What goes wrong and when; the same calls in the same order always fail alike. Clones
/// are handles on one plan, so that several stores can share it and a test can change it.
#[derive(Debug, Clone, Default)]
pub struct FaultPlan {
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    faults: Vec<Fault>,
    calls: Vec<Method>,
}

impl FaultPlan {
    /// Adds a fault. Of several that would happen at one call the first does; the others
    /// do not count that call.
    pub fn add(&self, fault: Fault) {
        self.state(|state| state.faults.push(fault));
    }

    /// Nothing goes wrong from now on.
    pub fn clear(&self) {
        self.state(|state| state.faults.clear());
    }

    /// The calls that were made, in their order: with [`FaultPlan::add`] and
    /// [`Fault::skip`] a test can let each of them fail in turn.
    #[must_use]
    pub fn calls(&self) -> Vec<Method> {
        self.state(|state| state.calls.clone())
    }

    fn state<T>(&self, change: impl FnOnce(&mut State) -> T) -> T {
        change(&mut self.state.lock().unwrap_or_else(PoisonError::into_inner))
    }
}

impl Probe for FaultPlan {
    fn before(&self, method: Method) -> Verdict {
        self.state(|state| {
            state.calls.push(method);
            let struck = state
                .faults
                .iter_mut()
                .find_map(|fault| fault.strikes(method).then(|| fault.verdict.clone()));
            state.faults.retain(|fault| fault.times > 0);
            struck.unwrap_or_default()
        })
    }
}
