"""What exists in the account: three stacks, made of constructs with one capability each."""

from blazingtext_lifecycle.extras import require

require("cdk")
