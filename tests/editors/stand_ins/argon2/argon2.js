// In place of the native module that hashes passwords: the server runs without any (--auth none).
const refuse = async () => {
  throw new Error('this server has no passwords');
};
exports.hash = refuse;
exports.verify = refuse;
