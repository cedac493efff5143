export { parseAudio } from "../formats/audio/parseAudio.js";
