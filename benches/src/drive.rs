//! Many requests over several connections, from a thread of their own.

use std::{
    cell::{Cell, RefCell},
    rc::Rc,
    time::{Duration, Instant},
};

use tokio::task::LocalSet;

use crate::{
    Failure,
    client::{Answer, Connection},
    machine::{median, processor_time},
    rig::Target,
};

/// What a series of requests came to.
#[derive(Debug)]
pub(crate) struct Series {
    pub(crate) count: usize,
    pub(crate) elapsed: Duration,
    /// Of server and generator together, where the server is in this process.
    pub(crate) processor: Duration,
    pub(crate) median: Duration,
    pub(crate) last: Answer,
}

impl Series {
    pub(crate) fn rate(&self) -> f64 {
        self.count as f64 / self.elapsed.as_secs_f64()
    }

    /// Processor time of one request, in microseconds.
    pub(crate) fn micros(&self) -> f64 {
        self.processor.as_secs_f64() * 1e6 / self.count as f64
    }

    /// The rate, and what bounds it where others use the processors too.
    pub(crate) fn print(&self, what: &str) {
        let (rate, micros) = (self.rate(), self.micros());
        println!(
            "  {what}: {rate:.0}/s, median {:.2?}; {micros:.1} µs of processor each, client \
             included, so {:.0}/s at most on two processors",
            self.median,
            2e6 / micros
        );
    }
}

/// Sends `count` requests, as many at once as there are connections. The `n`-th request is
/// what `request` makes of `n`. Any answer but a success ends the series.
pub(crate) fn drive(
    target: &Target,
    connections: usize,
    count: usize,
    request: impl Fn(usize) -> Vec<u8> + 'static,
) -> Result<Series, Failure> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (next, request) = (Rc::new(Cell::new(0)), Rc::new(request));
    let times = Rc::new(RefCell::new(Vec::with_capacity(count)));
    let last = Rc::new(Cell::new(Answer { status: 0, bytes: 0 }));
    let address = target.address;
    let (started, before) = (Instant::now(), processor_time()?);
    LocalSet::new().block_on(&runtime, async {
        let mut running = Vec::new();
        for _ in 0..connections {
            let (next, request) = (next.clone(), request.clone());
            let (times, last) = (times.clone(), last.clone());
            running.push(tokio::task::spawn_local(async move {
                let mut connection = Connection::open(address).await?;
                loop {
                    let n = next.get();
                    if n == count {
                        return Ok::<(), Failure>(());
                    }
                    next.set(n + 1);
                    let request = request(n);
                    let started = Instant::now();
                    let answer = connection.exchange(&request).await?;
                    times.borrow_mut().push(started.elapsed());
                    if !(200..300).contains(&answer.status) {
                        return Err(format!("request {n} was answered {}", answer.status).into());
                    }
                    last.set(answer);
                }
            }));
        }
        for task in running {
            task.await??;
        }
        Ok::<(), Failure>(())
    })?;
    let (elapsed, processor) = (started.elapsed(), processor_time()?.saturating_sub(before));
    let median = median(&mut times.borrow_mut());
    Ok(Series { count, elapsed, processor, median, last: last.get() })
}
