import { ActionIcon, Button, createTheme, Textarea, TextInput } from "@mantine/core";
import button from "./styles/button.module.css";
import field from "./styles/field.module.css";

/** Mantine's behaviour in our clothes: ink outlines, hard shadows, no rounding to speak of. */
export const theme = createTheme({
  fontFamily:
    'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "Liberation Sans", Arial, sans-serif',
  fontFamilyMonospace: 'ui-monospace, "SF Mono", Menlo, Consolas, "Liberation Mono", monospace',
  cursorType: "pointer",
  respectReducedMotion: true,
  focusRing: "never",
  defaultRadius: 6,
  components: {
    Button: Button.extend({ classNames: { root: button.root, label: button.label } }),
    ActionIcon: ActionIcon.extend({ classNames: { root: button.icon } }),
    TextInput: TextInput.extend({ classNames: field }),
    Textarea: Textarea.extend({ classNames: field }),
  },
});
