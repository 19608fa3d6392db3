// In place of the module that would be compiled: the same one, published as a binary.
module.exports = require('@lydell/node-pty');
