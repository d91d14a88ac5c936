//! A node that pays, and mines a branch on which it did not.

use super::withheld::Withheld;
use crate::ledger::{Account, Hash, Transaction, TxId, UncheckedBlock, Value};
use crate::node::{Body, Effect, Event, HonestNode, Input, Message, Name, Node, Place};

/// The most messages with blocks that are kept from the honest part during one attack; with more the attack
/// is given up.
pub const MAX_HIDDEN: usize = 10_000;

/// What a double spender is after.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DoubleSpend {
    /// Whose money it is; it has to be in the genesis block.
    pub account: Account,
    /// Who is paid, and then is not.
    pub merchant: Account,
    /// How much.
    pub value: Value,
    /// How many blocks of the public chain the merchant wants to see, with the one that has the payment.
    pub confirmations: u64,
    /// How many blocks behind the public chain an attack is given up, once the merchant has seen enough.
    pub give_up: u64,
}

/// How attacks ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, serde::Serialize, serde::Deserialize)]
pub struct Attempts {
    /// Attacks begun.
    pub begun: u64,
    /// Those that ended with a branch of its own, ahead of the public one after the merchant had seen enough
    /// blocks, being published.
    pub succeeded: u64,
    /// Those that were given up.
    pub given_up: u64,
}

/// An attack under way.
#[derive(Debug, Clone)]
struct Attack {
    /// The payment to the merchant.
    payment: TxId,
    /// The one that takes all the money away instead, and to where.
    counter: TxId,
    refuge: Account,
    /// The height of the public chain.
    public: u64,
    /// The id of the public block that has the payment to the merchant.
    paid: Option<u64>,
    /// Messages with blocks, which the honest part does not see before the attack is over.
    hidden: Vec<(Name, Message)>,
}

/// An honest node with a purse. It pays a merchant, tells all of that but its honest part, and mines in secret
/// on the block that was the tip then, with another payment that takes all the money of the purse to another
/// account. When the merchant has seen his blocks and its own branch is ahead, it publishes it: the payment
/// can be paid no more. When it is too far behind it gives up, and the money is spent. Then it begins anew,
/// as long as there is money.
#[derive(Debug, Clone)]
pub struct DoubleSpender {
    honest: HonestNode,
    plan: DoubleSpend,
    /// Where the money is.
    purse: Account,
    attempts: Attempts,
    attack: Option<Attack>,
    withheld: Withheld,
}

impl DoubleSpender {
    /// Wraps a node that has not begun.
    pub fn new(honest: HonestNode, plan: DoubleSpend) -> Self {
        Self {
            honest,
            purse: plan.account.clone(),
            plan,
            attempts: Attempts::default(),
            attack: None,
            withheld: Withheld::new(),
        }
    }

    /// The honest node inside, which sees its own branch alone during an attack.
    pub fn honest(&self) -> &HonestNode {
        &self.honest
    }

    /// How its attacks ended so far.
    pub fn attempts(&self) -> Attempts {
        self.attempts
    }

    /// Begins an attack if there is money.
    fn begin(&mut self, effects: &mut Vec<Effect<Message>>) {
        let balance = self.honest.ledger().balance(&self.purse).unwrap_or(0);
        let Some(peer) = self.honest.peers().next().cloned() else {
            return;
        };
        // What was hidden until now is taken in first: it says where the public chain is.
        let settled = self.honest.inbox_len() == 0;
        if !settled || balance < self.plan.value.get() {
            return;
        }
        self.attempts.begun += 1;
        let counter = self.id("counter");
        let refuge = format!("refuge {counter}");
        let refuge: Account = refuge
            .parse()
            .expect("a short name without control characters");
        let pay = |id, recipient: &Account, value| {
            Body::NewTx(Transaction {
                id,
                sender: Some(self.purse.clone()),
                recipient: recipient.clone(),
                value,
                signed: None,
            })
        };
        let payment = self.id("payment");
        let to_merchant = pay(payment, &self.plan.merchant, self.plan.value);
        let all = Value::try_from(balance).expect("a balance that is not 0 is a value");
        let to_itself = pay(counter, &refuge, all);
        self.attack = Some(Attack {
            payment,
            counter,
            refuge,
            public: self.honest.ledger().tip().id(),
            paid: None,
            hidden: Vec::new(),
        });
        self.withheld
            .send_all(&self.honest, vec![to_merchant], effects);
        // As if a peer had sent it: an honest node never gives up what it was asked to pay itself.
        let message = self.withheld.message(self.honest.clock(), to_itself);
        effects.extend(self.honest.handle(Input::Message {
            from: peer,
            message,
        }));
    }

    /// The id of a payment of the present attack.
    fn id(&self, what: &str) -> TxId {
        let text = format!("{what} {} of {}", self.attempts.begun, self.honest.name());
        let mut id = TxId::default();
        id.0.copy_from_slice(&Hash::sha256(text.as_bytes()).0[..16]);
        id
    }

    /// Keeps from the honest part what would let it leave its branch, or see the payment. Whatever else came
    /// is given back.
    fn hide(&mut self, input: Input<Message>) -> Option<Input<Message>> {
        let Some(attack) = &mut self.attack else {
            return Some(input);
        };
        let Input::Message { from, message } = input else {
            return Some(input);
        };
        match &message.body {
            Body::NewBlock(block) => attack.see(block),
            Body::Chain { blocks, .. } => blocks.iter().for_each(|block| attack.see(block)),
            Body::NewTx(payment) if payment.id == attack.payment => return None,
            _ => return Some(Input::Message { from, message }),
        }
        attack.hidden.push((from, message));
        None
    }

    /// Ends the attack when it is won or lost.
    fn end(&mut self, effects: &mut Vec<Effect<Message>>) {
        let Some(attack) = &self.attack else { return };
        let own = self.honest.ledger().tip().id();
        let seen = attack.paid.map_or(0, |paid| attack.public + 1 - paid);
        let is_seen = seen >= self.plan.confirmations;
        let countered = matches!(
            self.honest.place(&attack.counter),
            Some(Place::Block { .. })
        );
        let won = is_seen && countered && own > attack.public;
        let lost = is_seen && own + self.plan.give_up <= attack.public;
        if !won && !lost && attack.hidden.len() < MAX_HIDDEN {
            return;
        }
        let Some(attack) = self.attack.take() else {
            return;
        };
        if won {
            self.attempts.succeeded += 1;
            self.purse = attack.refuge;
            self.withheld.publish(&self.honest, own, effects);
        } else {
            self.attempts.given_up += 1;
            self.withheld.forget();
        }
        for (from, message) in attack.hidden {
            effects.extend(self.honest.handle(Input::Message { from, message }));
        }
    }

    /// Whether a message takes a payment from the purse: the honest part sends none.
    fn is_counter(&self, message: &Message) -> bool {
        matches!(&message.body, Body::NewTx(payment) if payment.sender.as_ref() == Some(&self.purse))
    }

    /// Takes out what nobody is to hear.
    fn conceal(&self, effects: &mut Vec<Effect<Message>>) {
        let mut dropped = None;
        effects.retain(|effect| match effect {
            Effect::Send { message, .. } if self.is_counter(message) => {
                dropped = Some(message.sequence);
                false
            }
            Effect::Event(Event::Sent { sequence, .. }) => dropped != Some(*sequence),
            _ => true,
        });
        self.withheld.conceal(effects);
    }
}

impl Attack {
    fn see(&mut self, block: &UncheckedBlock) {
        self.public = self.public.max(block.id);
        if block
            .transactions
            .iter()
            .any(|payment| payment.id == self.payment)
        {
            self.paid = Some(block.id);
        }
    }
}

impl DoubleSpender {
    /// What the honest node does about an input, but for what the plan changes.
    pub(super) fn handle(&mut self, input: Input<Message>) -> Vec<Effect<Message>> {
        if matches!(input, Input::Reset { .. }) && self.honest.is_started() {
            self.purse = self.plan.account.clone();
            self.attack = None;
            self.withheld.forget();
        }
        let moves = matches!(input, Input::Clock { .. } | Input::NonceFound { .. });
        let mut effects = match self.hide(input) {
            Some(input) => self.honest.handle(input),
            None => Vec::new(),
        };
        if self.attack.is_some() {
            for effect in &effects {
                if let Effect::Event(Event::Mined { id, hash }) = effect {
                    self.withheld.push(*id, *hash);
                }
            }
        }
        self.conceal(&mut effects);
        self.end(&mut effects);
        if moves && self.attack.is_none() {
            self.begin(&mut effects);
        }
        // Its attacks are in memory alone: nothing is kept for a restart.
        effects.retain(|effect| !matches!(effect, Effect::Persist(_)));
        effects
    }
}
