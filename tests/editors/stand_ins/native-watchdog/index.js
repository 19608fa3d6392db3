// In place of the native thread that ends orphaned extension hosts: the harness ends all that it started.
exports.start = () => {};
exports.exit = (code) => process.exit(code);
