// `npm install` never downloads a browser; test/harness/chrome.ts finds or installs one when a test needs it.
module.exports = { skipDownload: true };
