// The live page's panels.
import './queues.js';
import './calls.js';
import './people.js';
import './alert.js';
