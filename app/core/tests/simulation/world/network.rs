//! The network between phones and server: delivers, delays, cuts and repeats messages.

use super::*;

impl World {
    pub(super) fn time_out(&mut self, phone: usize) {
        match self.phones[phone].pending_request.take() {
            Some((_, true)) => self.phones[phone].handle(Input::Pushed(Err(Failure::NoAnswer))),
            Some((_, false)) => self.phones[phone].handle(Input::Pulled(Err(Failure::NoAnswer))),
            None => {}
        }
    }

    /// Delivers, drops, truncates or duplicates a random message.
    pub(super) fn move_network(&mut self) {
        let index = self.rng.below(self.network.len());
        let message = self.network.swap_remove(index);
        if self.rng.percent(15) {
            return;
        }
        if self.rng.percent(5) {
            if message.is_whole_when_cut(&mut self.rng) {
                self.violation = Some("a message that was cut off was taken for a whole one".into());
            }
            return;
        }
        if let (Message::Up { id, phone, request }, true) = (&message, self.rng.percent(15)) {
            self.network.push(Message::Up { id: *id, phone: *phone, request: request.clone() });
        }
        self.deliver(message, true);
    }

    pub(super) fn deliver(&mut self, message: Message, faults: bool) {
        match message {
            Message::Up { id, phone, request: Request::Push { client, copy, mutations } } => {
                self.take_push(Push { phone, id, client, copy, mutations }, faults)
            }
            Message::Up { id, phone, request: Request::Pull(cursor) } => {
                let limit = 1 + self.rng.below(5);
                let pulled = self.server.pull(&self.phones[phone].user, cursor.as_deref(), self.today(), limit);
                self.network.push(Message::PullResponse { id, phone, pulled });
            }
            Message::PushResponse { id, phone, epoch, results } => {
                let phone_state = &mut self.phones[phone];
                if phone_state.pending_request == Some((id, true)) {
                    phone_state.response_epoch = epoch;
                    phone_state.pending_request = None;
                    phone_state.learn_time(self.time);
                    phone_state.handle(Input::Pushed(Ok(results)));
                }
            }
            Message::PullResponse { id, phone, pulled } => {
                let phone_state = &mut self.phones[phone];
                if phone_state.pending_request == Some((id, false)) {
                    phone_state.pending_request = None;
                    phone_state.learn_time(self.time);
                    phone_state.handle(Input::Pulled(Ok(pulled)));
                }
            }
        }
    }

    pub(super) fn take_push(&mut self, push: Push, faults: bool) {
        let last = self.server.sequence.max(self.server.disk.change);
        if faults && self.server.sabotage == Sabotage::ChangeNumbersBeforeCommit && self.rng.percent(40) {
            self.server.sequence = last + push.mutations.len() as u64;
            self.open.push(Open { push, last });
            return;
        }
        let (disk, results) = self.server.push(self.pusher(&push), &push.mutations, last);
        // The server may be killed before the commit, or between commit and response.
        let killed = if faults { self.rng.below(10) } else { 9 };
        match (killed, self.server.sabotage) {
            (0, Sabotage::AnswerBeforeCommit) => self.answer(&push, results),
            (0, Sabotage::NoTransaction) => {
                let statements = self.rng.below(2 * push.mutations.len());
                self.server.disk = self.server.push_up_to(self.pusher(&push), &push.mutations, last, statements).0;
            }
            // A kill between two statements rolls all of them back.
            (0, _) => {}
            (1, _) => self.server.disk = disk,
            _ => {
                self.server.disk = disk;
                self.answer(&push, results);
            }
        }
    }

    pub(super) fn pusher(&self, push: &Push) -> Pusher<'_> {
        let actor = &self.phones[push.phone].user;
        Pusher { actor, client: push.client, phone: push.copy, at: self.time as u64 }
    }

    /// Commits a random open transaction, not necessarily the first.
    pub(super) fn commit_one(&mut self) {
        if self.open.is_empty() {
            return;
        }
        let index = self.rng.below(self.open.len());
        let Open { push, last } = self.open.swap_remove(index);
        let (disk, results) = self.server.push(self.pusher(&push), &push.mutations, last);
        self.server.disk = disk;
        self.answer(&push, results);
    }

    pub(super) fn answer(&mut self, push: &Push, results: Vec<PushResult>) {
        for result in results.iter().filter(|result| !is_reused(result)) {
            let key = (self.phones[push.phone].user.id, push.client, result.seq);
            let first = self.answered.entry(key).or_insert_with(|| result.clone());
            if (first.outcome, first.rev) != (result.outcome, result.rev) {
                self.violation = Some(format!("{key:?} was answered {first:?}, then {result:?}"));
            }
        }
        let epoch = self.server.disk.epoch();
        self.network.push(Message::PushResponse { id: push.id, phone: push.phone, epoch, results });
    }
}
