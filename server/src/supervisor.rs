//! Restarts long-lived tasks after a pause when they panic or end. Until then, `/readyz` names them.

use futures::FutureExt;
use std::any::Any;
use std::collections::BTreeMap;
use std::panic::AssertUnwindSafe;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::{Duration, Instant};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Pause before the first restart; it doubles with each further one.
const FIRST_PAUSE: Duration = Duration::from_millis(100);
/// Maximum pause.
const LONGEST_PAUSE: Duration = Duration::from_secs(30);
/// Running time after which a task has recovered and its pause is reset.
const RECOVERED: Duration = Duration::from_secs(60);

/// Long-lived tasks of a server.
#[derive(Clone, Debug)]
pub struct Supervisor {
    /// Whether each task is running.
    tasks: Arc<Mutex<BTreeMap<&'static str, bool>>>,
    stopping: watch::Receiver<bool>,
}

impl Supervisor {
    /// Supervises until `stopping` becomes true: a task that ends after that is not started again.
    pub fn new(stopping: watch::Receiver<bool>) -> Self {
        Self { tasks: Arc::default(), stopping }
    }

    /// Runs a task, and restarts it when it panics or returns. The handle ends with the task once the server stops.
    pub fn keep<T, F>(&self, name: &'static str, task: T) -> JoinHandle<()>
    where
        T: Fn() -> F + Send + Sync + 'static,
        F: Future<Output = ()> + Send + 'static,
    {
        self.set(name, true);
        let supervisor = self.clone();
        tokio::spawn(async move {
            let mut pause = FIRST_PAUSE;
            loop {
                let start = Instant::now();
                let ended = AssertUnwindSafe(async { task().await }).catch_unwind().await;
                if *supervisor.stopping.borrow() {
                    return;
                }
                supervisor.set(name, false);
                match ended {
                    Ok(()) => tracing::error!(task = name, "a task ended and is restarted"),
                    Err(panic) => {
                        tracing::error!(task = name, panic = message(&*panic), "a task panicked and is restarted");
                    }
                }
                if start.elapsed() > RECOVERED {
                    pause = FIRST_PAUSE;
                }
                tokio::time::sleep(pause).await;
                pause = (pause * 2).min(LONGEST_PAUSE);
                supervisor.set(name, true);
            }
        })
    }

    /// Returns the tasks that are not running.
    pub fn gone(&self) -> Vec<&'static str> {
        let tasks = self.tasks.lock().unwrap_or_else(PoisonError::into_inner);
        tasks.iter().filter(|(_, is_running)| !**is_running).map(|(name, _)| *name).collect()
    }

    fn set(&self, name: &'static str, is_running: bool) {
        self.tasks.lock().unwrap_or_else(PoisonError::into_inner).insert(name, is_running);
    }
}

/// Returns the message of a panic.
pub fn message(panic: &(dyn Any + Send)) -> &str {
    let text = panic.downcast_ref::<&'static str>().copied();
    text.or_else(|| panic.downcast_ref::<String>().map(String::as_str)).unwrap_or("no message")
}

#[cfg(test)]
mod tests {
    // The faults of these tests are panics.
    #![allow(clippy::panic)]

    use super::*;
    use std::sync::atomic::{AtomicU32, Ordering};

    #[tokio::test]
    async fn supervisor_restarts_panicking_task_and_reports_it() {
        let (stop, stopping) = watch::channel(false);
        let supervisor = Supervisor::new(stopping);
        let starts = Arc::new(AtomicU32::new(0));
        let counted = starts.clone();
        let task = supervisor.keep("feed", move || {
            let (number, mut until) = (counted.fetch_add(1, Ordering::SeqCst), stop.subscribe());
            let stop = stop.clone();
            async move {
                match number {
                    0 => panic!("the first start fails"),
                    1 => {}
                    2 => {
                        stop.send_replace(true);
                        let _ = until.wait_for(|stopping| *stopping).await;
                    }
                    _ => unreachable!(),
                }
            }
        });
        assert_eq!(supervisor.gone(), Vec::<&str>::new());
        while supervisor.gone().is_empty() {
            tokio::task::yield_now().await;
        }
        assert_eq!((supervisor.gone(), starts.load(Ordering::SeqCst)), (vec!["feed"], 1));
        task.await.unwrap();
        assert_eq!(starts.load(Ordering::SeqCst), 3, "a task that returns is started again, too");
        assert_eq!(supervisor.gone(), Vec::<&str>::new());
    }
}
