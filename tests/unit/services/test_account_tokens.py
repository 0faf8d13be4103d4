"""Which tokens open an account, whatever has happened to it."""

from hypothesis import settings
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, invariant, precondition, rule

from app.domain.errors import BadCredentials, UserTaken
from tests.builders import PASSWORD
from tests.unit.services.account_desk import OTHER, Desk


class OneAccount(RuleBasedStateMachine):
    """Tokens since the last change hold, and no others."""

    def __init__(self) -> None:
        super().__init__()
        self.desk = Desk()
        self.password: str | None = None
        self.holding: set[str] = set()
        self.ended: set[str] = set()

    def end_tokens(self) -> None:
        self.ended |= self.holding
        self.holding = set()

    @rule(password=st.sampled_from([PASSWORD, OTHER]))
    def register(self, password):
        try:
            self.desk.accounts.register("ann", password)
        except UserTaken:
            assert self.password is not None
        else:
            assert self.password is None
            self.password = password

    @rule(password=st.sampled_from([PASSWORD, OTHER]))
    def log_in(self, password):
        try:
            self.holding.add(self.desk.token("ann", password))
        except BadCredentials:
            assert password != self.password
        else:
            assert password == self.password

    @rule()
    @precondition(lambda self: self.password)
    def log_out(self):
        self.desk.accounts.logout("ann")
        self.end_tokens()

    @rule(new=st.sampled_from([PASSWORD, OTHER]))
    @precondition(lambda self: self.password)
    def change_password(self, new):
        written = self.desk.accounts.change_password("ann", self.password, new)
        self.end_tokens()
        self.password = new
        self.holding.add(written.value.text)

    @rule()
    def delete(self):
        self.desk.delete("ann")
        self.end_tokens()
        self.password = None

    @invariant()
    def only_the_latest_tokens_hold(self):
        assert all(map(self.desk.holds, self.holding))
        assert not any(map(self.desk.holds, self.ended))


OneAccount.TestCase.settings = settings(max_examples=15, stateful_step_count=15)
test_one_account = OneAccount.TestCase
