"""What exists in the account: three stacks, made of constructs with one capability each."""
